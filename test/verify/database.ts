/** The tables as they are: every column of every row, in types that lose nothing. */
import pg from 'pg';
import type { Tables } from './check.ts';
import type { TableName } from './expected-rows.ts';
import type { FoundRow } from './tables.ts';

const TABLES: readonly TableName[] = [
  'interface_metrics',
  'poll_history',
  'data_collection_audit',
  'anomaly_events',
  'metric_baselines',
];

/** Rows that are no longer what the topic says last. */
const ONLY: Readonly<Partial<Record<TableName, string>>> = { metric_baselines: 'WHERE is_active' };

/** By pg_type.oid; everything else stays text. */
const PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  16: (text) => text === 't', // boolean
  20: BigInt,
  21: Number,
  23: Number,
  700: Number,
  701: Number, // double precision: the shortest text that gives the same bits
  1184: milliseconds,
  1700: Number, // numeric
  3802: (text) => JSON.stringify(JSON.parse(text)), // jsonb
};

export async function readTables(url: string): Promise<Tables> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    // One moment for all tables.
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await client.query(
      "SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'; SET LOCAL extra_float_digits = 1",
    );
    const tables: Partial<Record<TableName, FoundRow[]>> = {};
    for (const table of TABLES) {
      const { rows: exists } = await client.query('SELECT WHERE to_regclass($1) IS NOT NULL', [table]);
      if (exists.length === 0) continue;
      const types = { getTypeParser: (oid: number) => PARSERS[oid] ?? String };
      const text = `SELECT * FROM ${table} ${ONLY[table] ?? ''}`;
      tables[table] = (await client.query<FoundRow>({ text, types })).rows;
    }
    return tables;
  } finally {
    await client.end();
  }
}

/** 2026-01-31 12:34:56.789+00 */
function milliseconds(text: string): number {
  return Date.parse(text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'));
}
