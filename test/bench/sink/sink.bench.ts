/**
 * Rows/s of the sink (decode, encode, COPY, offsets, commit) into interface_metrics, beside a plain COPY of a ready
 * file into the same table: the same server, durability, columns, indexes, and one connection each.
 */
import { embeddedRegistry } from '../../../pipeline/codec/embedded-registry.ts';
import type { Codec } from '../../../pipeline/codec/port.ts';
import { catalogue } from '../../../topics/catalogue.ts';
import { startedCodec } from '../../support/codec.ts';
import { assertValid, type Bench, type BenchContext } from '../bench.ts';
import { figure, type Figure } from '../figure.ts';
import { yardstick } from '../yardstick.ts';
import { benchServer, FLAVOURS, type BenchDatabase } from './databases.ts';
import { foldedRecords, type FoldedRecord } from './folded-records.ts';
import {
  binaryCopy,
  bytesPerRow,
  contentsOf,
  psqlCopy,
  sinkColumns,
  TABLE,
  writeReadyFiles,
  type Contents,
} from './ready-file.ts';
import { PARTITIONS, sinkRun } from './sink-run.ts';

interface SinkBenchOptions {
  readonly entities: number;
  readonly polls: number;
  readonly runs: number;
}

const ROWS_PER_ENTITY = 48;

export const sink: Bench = {
  name: 'sink',
  measures: 'topic to table beside "psql \\copy" of a ready file into the same table, by flavour',
  minutes: 4,
  full: (context) => measureSink(context, { entities: 200, polls: 40, runs: 5 }),
  quick: measureCpu,
};

export async function measureSink(context: BenchContext, options: SinkBenchOptions): Promise<Figure[]> {
  const server = await benchServer(context, { durable: true });
  const codec = await startedCodec(catalogue, embeddedRegistry());
  const load = await sentRecords(codec, options);
  const figures: Figure[] = [];
  for (const flavour of FLAVOURS) {
    const database = await server.database(flavour);
    figures.push(...(await besideCopy(context, database, codec, load, options.runs)));
  }
  return figures;
}

/** What a row costs this process: unlike rows/s that hangs neither on the disk nor on who else computes. */
async function measureCpu(context: BenchContext): Promise<Figure[]> {
  const server = await benchServer(context, { durable: false });
  const { pool } = await server.database('postgresql');
  const codec = await startedCodec(catalogue, embeddedRegistry());
  const { records, raw, expected } = await sentRecords(codec, { entities: 50, polls: 20 });
  const columns = await sinkColumns(pool, codec);
  const yard = await yardstick(codec, raw);
  const ratios: number[] = [];
  // The first run warms up.
  for (let run = -1; run < 5; run += 1) {
    await pool.query(`TRUNCATE ${TABLE}`);
    const before = yard.measure(5);
    const { cpuUs } = await sinkRun(pool, codec, records);
    const nsPerRow = (before + yard.measure(5)) / 2;
    assertStored(await contentsOf(pool, columns), expected);
    if (run >= 0) ratios.push((1000 * cpuUs) / expected.rows / nsPerRow);
  }
  return [
    figure('sink: CPU of its process against JSON.parse of the same polls', 'ratio', ratios, {
      better: 'lower',
    }),
  ];
}

interface SentRecords {
  readonly records: readonly FoldedRecord[];
  /** One poll of each entity, as it was read. */
  readonly raw: readonly Buffer[];
  readonly expected: Pick<Contents, 'rows' | 'octets'>;
}

async function sentRecords(
  codec: Codec,
  { entities, polls }: Pick<SinkBenchOptions, 'entities' | 'polls'>,
): Promise<SentRecords> {
  const { records, raw } = await foldedRecords(codec, {
    entities,
    rowsPerEntity: ROWS_PER_ENTITY,
    warmPolls: 0,
    polls,
    intervalMs: 60_000,
    partitions: PARTITIONS,
    seed: 20_261_121,
  });
  const metrics = records.filter(({ topic }) => topic === 'metric.interface');
  const expected = await sent(codec, metrics);
  const rows = entities * polls * ROWS_PER_ENTITY;
  assertValid(expected.rows === rows, `${expected.rows} rows were sent for ${rows}`);
  return { records: metrics, raw, expected };
}

/** Rows and octets of the records, decoded apart from the sink. */
async function sent(
  codec: Codec,
  records: readonly FoldedRecord[],
): Promise<Pick<Contents, 'rows' | 'octets'>> {
  const decoder = codec.readingDecoder('metric.interface');
  const reading = codec.newReading('metric.interface');
  const counter = reading.counter('in_octets');
  await decoder.prepare(records.map(({ value }) => value));
  let rows = 0;
  let octets = 0n;
  for (const { value } of records) {
    assertValid(decoder.decode(value!, reading) === undefined, 'a record cannot be decoded');
    rows += reading.rowCount;
    for (let row = 0; row < reading.rowCount; row += 1)
      if (counter.known[row] === 1) octets += (BigInt(counter.hi[row]!) << 32n) | BigInt(counter.lo[row]!);
  }
  return { rows, octets: octets.toString() };
}

async function besideCopy(
  context: BenchContext,
  database: BenchDatabase,
  codec: Codec,
  { records, expected }: SentRecords,
  runs: number,
): Promise<Figure[]> {
  const { pool, flavour } = database;
  const columns = await sinkColumns(pool, codec);
  const rates = { sink: [] as number[], text: [] as number[], binary: [] as number[] };
  const cpuUsPerRow: number[] = [];
  const diskBytes: number[] = [];
  const emptied = async () => {
    await pool.query(`TRUNCATE ${TABLE}`);
    // What one way leaves to be written must not be paid for by the next.
    await pool.query('CHECKPOINT');
  };
  // The first run makes the partitions and warms both sides: it is not counted.
  for (let run = -1; run < runs; run += 1) {
    context.progress(`sink: ${flavour}, run ${run + 1} of ${runs}`);
    await emptied();
    const { seconds, cpuUs } = await sinkRun(pool, codec, records);
    const stored = await contentsOf(pool, columns);
    assertStored(stored, expected);
    const disk = await bytesPerRow(database, stored.rows);
    const files = await writeReadyFiles(database, columns, await context.folder());
    await emptied();
    const text = await psqlCopy(database, columns, files.text);
    assertSame(await contentsOf(pool, columns), stored, 'psql \\copy');
    await emptied();
    const binary = await binaryCopy(database, columns, files.binary);
    assertSame(await contentsOf(pool, columns), stored, 'the binary COPY');
    if (run < 0) continue;
    rates.sink.push(stored.rows / seconds);
    rates.text.push(stored.rows / text);
    rates.binary.push(stored.rows / binary);
    cpuUsPerRow.push(cpuUs / stored.rows);
    diskBytes.push(disk);
  }
  const against = (of: readonly number[]): number[] => rates.sink.map((rate, run) => rate / of[run]!);
  const name = (what: string): string => `sink: ${flavour}: ${what}`;
  return [
    figure(name('topic to table, decode to commit'), 'rows/s', rates.sink),
    figure(name('psql \\copy of a ready text file'), 'rows/s', rates.text),
    figure(name('binary COPY of a ready file'), 'rows/s', rates.binary),
    figure(name('against psql \\copy'), 'ratio', against(rates.text), {
      better: 'higher',
      atLeast: 0.8,
      then: 1.2,
    }),
    figure(name('against the binary COPY'), 'ratio', against(rates.binary), { better: 'higher' }),
    figure(name("CPU of the sink's process"), 'us/row', cpuUsPerRow),
    figure(name('table and indexes on disk'), 'bytes/row', diskBytes),
  ];
}

function assertStored(stored: Contents, expected: SentRecords['expected']): void {
  assertValid(
    stored.rows === expected.rows && stored.octets === expected.octets,
    `stored are ${JSON.stringify(stored)}, sent were ${JSON.stringify(expected)}`,
  );
}

function assertSame(found: Contents, stored: Contents, by: string): void {
  assertValid(
    found.rows === stored.rows && found.checksum === stored.checksum,
    `${by} stored ${JSON.stringify(found)}, the sink ${JSON.stringify(stored)}`,
  );
}
