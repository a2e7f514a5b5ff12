/** What interface_metrics holds as ready files, and how fast a plain COPY brings them back: the sink's yardstick. */
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Pool } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { bindTables } from '../../../pipeline/sink/bind-tables.ts';
import type { Codec } from '../../../pipeline/codec/port.ts';
import { catalogue } from '../../../topics/catalogue.ts';
import { NAMING } from '../../support/codec.ts';
import type { BenchDatabase } from './databases.ts';

export const TABLE = 'interface_metrics';

export interface ReadyFiles {
  readonly text: string;
  readonly binary: string;
}

/** The columns that the sink writes: the others have the same defaults in either way. */
export async function sinkColumns(pool: Pool, codec: Codec): Promise<string> {
  const { targets } = await bindTables({ pool, codec, catalogue, naming: NAMING });
  const columns = targets.find(({ table }) => table === TABLE)!.columns;
  return columns.map((column) => `"${column}"`).join(', ');
}

/** Writes the table's rows in both formats. */
export async function writeReadyFiles(
  database: BenchDatabase,
  columns: string,
  folder: string,
): Promise<ReadyFiles> {
  const text = join(folder, `${database.flavour}.txt`);
  const binary = join(folder, `${database.flavour}.bin`);
  // A partitioned table is read through a query.
  await database.psql(`\\copy (SELECT ${columns} FROM ${TABLE}) TO '${text}'`);
  const client = await database.pool.connect();
  try {
    const stream = client.query(copyTo(`COPY (SELECT ${columns} FROM ${TABLE}) TO STDOUT (FORMAT binary)`));
    await pipeline(stream, createWriteStream(binary));
  } finally {
    client.release();
  }
  return { text, binary };
}

/** Seconds of `psql \copy`, the start of psql and its connection included. */
export async function psqlCopy({ psql }: BenchDatabase, columns: string, file: string): Promise<number> {
  const began = performance.now();
  await psql(`\\copy ${TABLE} (${columns}) FROM '${file}'`);
  return (performance.now() - began) / 1000;
}

/** Seconds of one binary COPY over a connection that is open. */
export async function binaryCopy({ pool }: BenchDatabase, columns: string, file: string): Promise<number> {
  const client = await pool.connect();
  try {
    const began = performance.now();
    await pipeline(
      createReadStream(file, { highWaterMark: 256 * 1024 }),
      client.query(copyFrom(`COPY ${TABLE} (${columns}) FROM STDIN (FORMAT binary)`)),
    );
    return (performance.now() - began) / 1000;
  } finally {
    client.release();
  }
}

export interface Contents {
  readonly rows: number;
  readonly octets: string;
  /** Of every column that is written, whatever the order of the rows. */
  readonly checksum: string;
}

export async function contentsOf(pool: Pool, columns: string): Promise<Contents> {
  const { rows } = await pool.query<Contents>(
    `SELECT count(*)::int AS rows, coalesce(sum(rx_bytes::numeric), 0)::text AS octets,
            sum(hashtextextended(ROW(${columns})::text, 0)::numeric)::text AS checksum FROM ${TABLE}`,
  );
  return rows[0]!;
}

/** With its indexes, on disk. */
export async function bytesPerRow({ pool, flavour }: BenchDatabase, rows: number): Promise<number> {
  const size =
    flavour === 'postgresql'
      ? `(SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = '${TABLE}'::regclass)`
      : `hypertable_size('${TABLE}')`;
  const { rows: found } = await pool.query<{ bytes: string }>(`SELECT ${size} AS bytes`);
  return Number(found[0]!.bytes) / rows;
}
