/** What maintenance changes, one step each; shared by the plan and by what does it. */
import { dayOf } from './partitions.ts';

export type MaintenanceStep =
  /** Another retention, as PostgreSQL writes intervals. */
  | { readonly kind: 'keep'; readonly table: string; readonly from: string; readonly to: string }
  /** Partitions or chunks. */
  | { readonly kind: 'make' | 'drop'; readonly table: string; readonly partition: string }
  | { readonly kind: 'delete'; readonly table: string; readonly rows: number }
  /** What TimescaleDB does by itself. */
  | { readonly kind: 'policy'; readonly what: string };

/** Partitions made ahead, so that the first row of a day finds its own. */
const DAYS_AHEAD = 2;

/** The days that partitions are made for. */
export function daysAhead(nowMs: number): number[] {
  return Array.from({ length: DAYS_AHEAD + 1 }, (_, i) => dayOf(nowMs) + i);
}

/** Names come from `retention_policy`, which only the owner writes: identifiers cannot be parameters. */
export function oldRows({
  table,
  timeColumn,
}: {
  readonly table: string;
  readonly timeColumn: string;
}): string {
  return `FROM "${table}" WHERE "${timeColumn}" < to_timestamp($1 / 1000.0)`;
}

export function eachPartition(
  kind: 'make' | 'drop',
  table: string,
  partitions: readonly string[],
): MaintenanceStep[] {
  return partitions.map((partition) => ({ kind, table, partition }));
}

export function deletion(table: string, rows: number): MaintenanceStep[] {
  return rows === 0 ? [] : [{ kind: 'delete', table, rows }];
}
