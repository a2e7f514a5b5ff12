/** docker-compose.yml as far as tests look at it. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

const service = z.object({
  image: z.string(),
  build: z.string().optional(),
  command: z.array(z.string()).optional(),
  restart: z.string(),
  healthcheck: z
    .union([z.object({ disable: z.literal(true) }), z.object({ test: z.array(z.string()) })])
    .optional(),
  environment: z.record(z.string(), z.string()).default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  secrets: z.array(z.string()).default([]),
  configs: z.array(z.strictObject({ source: z.string(), target: z.string() })).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  stop_grace_period: z.string().optional(),
});

const file = z.object({
  services: z.record(z.string(), service),
  volumes: z.record(z.string(), z.null()),
  secrets: z.record(z.string(), z.object({ environment: z.string() })),
  configs: z.record(z.string(), z.object({ content: z.string() })),
});

export type ComposeService = z.output<typeof service>;

export function repositoryFile(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

export const composeText = repositoryFile('docker-compose.yml');

export const compose = file.parse(parse(composeText, { merge: true }));

export const services: readonly (readonly [string, ComposeService])[] = Object.entries(compose.services);

/** Those of netsigma's own image. */
export const ours = services.filter(([, { image }]) => image.startsWith('netsigma:'));
