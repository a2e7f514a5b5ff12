/** The comparing core: topics and tables as plain data in, a report out. No Kafka, no database, no pipeline. */
import { Differences, type Difference } from './differences.ts';
import { expectations, type TableName } from './expected-rows.ts';
import { checkInsight, type InsightCounts } from './insight.ts';
import { checkMetrics, type MetricCounts } from './metrics.ts';
import type { Topics } from './records.ts';
import { checkTable, type FoundRow, type TableCounts } from './tables.ts';

/** Tables that do not exist are absent. */
export type Tables = Readonly<Partial<Record<TableName, readonly FoundRow[]>>>;

export interface Report {
  readonly ok: boolean;
  /** All of them. */
  readonly differenceCount: number;
  /** The first 20. */
  readonly differences: readonly Difference[];
  readonly counts: {
    readonly metrics: MetricCounts;
    readonly insight: InsightCounts;
    readonly tables: Readonly<Partial<Record<TableName, TableCounts>>>;
    /** By who refused and why: `sink.out_of_range`. What the sink refused is not expected in tables. */
    readonly deadLetters: Readonly<Record<string, number>>;
    /** Numbers compared: the same bits, or within a relative 1e-12. */
    readonly exact: number;
    readonly rounded: number;
  };
  /** Fields and columns that the verifier knows nothing about. */
  readonly unverified: readonly string[];
}

export function check(topics: Topics, tables: Tables): Report {
  const differences = new Differences();
  const metrics = checkMetrics(topics, differences);
  const unverified = new Set(metrics.unverified);
  const insight = checkInsight(topics, differences);
  const counts: Partial<Record<TableName, TableCounts>> = {};
  for (const [table, expectation] of Object.entries(expectations(topics)) as [
    TableName,
    ReturnType<typeof expectations>[TableName],
  ][]) {
    const found = tables[table];
    if (found !== undefined)
      counts[table] = checkTable({ table, found, ...expectation }, differences, unverified);
  }
  return {
    ok: differences.total === 0,
    differenceCount: differences.total,
    differences: differences.first,
    counts: {
      metrics: metrics.counts,
      insight,
      tables: counts,
      deadLetters: deadLetterCounts(topics),
      exact: differences.exact,
      rounded: differences.rounded,
    },
    unverified: [...unverified].sort(),
  };
}

function deadLetterCounts({ deadLetters }: Topics): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { value } of deadLetters) {
    const name = `${value?.failed_in ?? 'unknown'}.${value?.reason ?? 'tombstone'}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
