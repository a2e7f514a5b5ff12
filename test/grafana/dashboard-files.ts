/** The dashboards and provisioning of grafana/, as far as tests look at them. */
import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { parse } from 'yaml';

const folder = new URL('../../grafana/', import.meta.url);

const datasource = z.object({ type: z.string(), uid: z.string() });

const target = z.object({ refId: z.string(), format: z.enum(['time_series', 'table']), rawSql: z.string() });

const panel = z.object({
  id: z.int(),
  title: z.string(),
  type: z.string(),
  datasource,
  gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
  targets: z.array(target).min(1),
});

const variable = z.discriminatedUnion('type', [
  z.object({ type: z.literal('query'), name: z.string(), datasource, query: z.string() }),
  z.object({ type: z.literal('custom'), name: z.string(), query: z.string() }),
]);

const dashboard = z.object({
  uid: z.string(),
  title: z.string(),
  panels: z.array(panel).min(1),
  templating: z.object({ list: z.array(variable) }),
  annotations: z.object({ list: z.array(z.object({ name: z.string(), datasource, target })) }),
});

export type Dashboard = z.output<typeof dashboard> & { readonly file: string };

export const dashboards: readonly Dashboard[] = readdirSync(new URL('dashboards/', folder))
  .filter((file) => file.endsWith('.json'))
  .map((file) => ({ ...dashboard.parse(JSON.parse(text(`dashboards/${file}`))), file }));

const sources = z.object({
  datasources: z
    .array(
      datasource.extend({
        user: z.string(),
        secureJsonData: z.record(z.string(), z.string()),
        jsonData: z.object({ timescaledb: z.boolean(), database: z.string() }),
      }),
    )
    .length(1),
});

export const source = sources.parse(parse(text('provisioning/datasources/netsigma.yaml'))).datasources[0]!;

const providers = z.object({
  providers: z
    .array(z.object({ type: z.literal('file'), options: z.object({ path: z.string() }) }))
    .length(1),
});

export const provider = providers.parse(parse(text('provisioning/dashboards/netsigma.yaml'))).providers[0]!;

function text(path: string): string {
  return readFileSync(new URL(path, folder), 'utf8');
}
