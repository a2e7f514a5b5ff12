/** The role sink: topics into tables, exactly once. */
import type { Pool } from 'pg';
import { seconds } from '../observe/durations.ts';
import { sinkMetrics } from '../observe/observers.ts';
import { sink, type Sink } from '../sink/sink.ts';
import { draining, type Role, type RoleDeps } from './role.ts';

export interface SinkRole extends Role {
  readonly sink: Sink;
  /** Rows that this process has committed to a table. */
  storedRows(table: string): number;
}

/** `pool` is that of a migrated database: the start refuses another one. */
export function sinkRole(deps: RoleDeps & { readonly pool: Pool }): SinkRole {
  const { config, metrics, failed } = deps;
  const observer = sinkMetrics(metrics, failed);
  const stored = new Map<string, number>();
  const tables = sink({
    ...deps,
    settings: {
      group: `${config.broker.prefix}netsigma-sink`,
      writer: 'netsigma',
      flushMs: config.sink.flushIntervalMs,
      flushRows: config.sink.flushRows,
    },
    observer: {
      ...observer,
      flushed(rows, durationMs) {
        for (const [table, count] of rows) stored.set(table, (stored.get(table) ?? 0) + count);
        observer.flushed(rows, durationMs);
      },
    },
  });
  metrics.sinkLagRecords.readFrom(() => known(tables.status().lagRecords));
  metrics.sinkLag.readFrom(() => known(seconds(tables.status().lagMs)));
  return {
    name: 'sink',
    sink: tables,
    storedRows: (table) => stored.get(table) ?? 0,
    components: [tables, ...draining(deps, 'sink', () => tables.idle || tables.status().state === 'failed')],
    status() {
      const { lagMs, ...status } = tables.status();
      return { sink: { ...status, lagSeconds: seconds(lagMs) } };
    },
    notReady() {
      const { state, retrying } = tables.status();
      return state === 'running'
        ? []
        : [`the sink is ${state}${retrying === null ? '' : `: ${retrying.error}`}`];
    },
  };
}

/** What is not known is left out: 0 would say that all is well. */
function known(value: number | null): readonly (readonly [number])[] {
  return value === null ? [] : [[value]];
}
