/** All tables that there are, fed at once from their topics; rows/s of all together, by flavour. */
import type { Pool } from 'pg';
import { embeddedRegistry } from '../../../pipeline/codec/embedded-registry.ts';
import type { Codec } from '../../../pipeline/codec/port.ts';
import { projections } from '../../../pipeline/sink/projections.ts';
import { catalogue, type TopicName, type TopicRecord } from '../../../topics/catalogue.ts';
import { startedCodec } from '../../support/codec.ts';
import { assertValid, type Bench, type BenchContext } from '../bench.ts';
import { figure, type Figure } from '../figure.ts';
import { benchServer, FLAVOURS } from './databases.ts';
import { foldedRecords, type FoldedRecord } from './folded-records.ts';
import { operationalRecords } from './operational-records.ts';
import { PARTITIONS, sinkRun } from './sink-run.ts';

interface FanOutOptions {
  readonly entities: number;
  /** Stored, after two days that are folded only. */
  readonly polls: number;
  readonly runs: number;
}

const ROWS_PER_ENTITY = 48;
const INTERVAL_MS = 300_000;
const WARM_POLLS = 620;

export const sinkFanOut: Bench = {
  name: 'sink-fan-out',
  measures: 'all tables that there are, fed at once from their topics, by flavour',
  minutes: 5,
  full: (context) => measureFanOut(context, { entities: 60, polls: 30, runs: 5 }),
};

export async function measureFanOut(
  context: BenchContext,
  { entities, polls, runs }: FanOutOptions,
): Promise<Figure[]> {
  const server = await benchServer(context, { durable: true });
  const codec = await startedCodec(catalogue, embeddedRegistry());
  context.progress('sink-fan-out: two days of polls are folded first');
  const folded = await foldedRecords(codec, {
    entities,
    rowsPerEntity: ROWS_PER_ENTITY,
    warmPolls: WARM_POLLS,
    polls,
    intervalMs: INTERVAL_MS,
    partitions: PARTITIONS,
    seed: 20_261_121,
  });
  const records = [...folded.records, ...operationalRecords(codec, folded.entities, polls, INTERVAL_MS)];
  const expected = await expectedRows(codec, records, entities * polls);
  const figures: Figure[] = [];
  let stored: ReadonlyMap<string, number> = new Map();
  for (const flavour of FLAVOURS) {
    const { pool } = await server.database(flavour);
    const rates: number[] = [];
    const cpuUsPerRow: number[] = [];
    for (let run = -1; run < runs; run += 1) {
      context.progress(`sink-fan-out: ${flavour}, run ${run + 1} of ${runs}`);
      await pool.query(`TRUNCATE ${[...expected.keys()].join(', ')}`);
      await pool.query('CHECKPOINT');
      const { seconds, cpuUs, rows } = await sinkRun(pool, codec, records);
      await assertRows(pool, expected);
      stored = rows;
      const count = [...rows.values()].reduce((sum, each) => sum + each, 0);
      if (run < 0) continue;
      rates.push(count / seconds);
      cpuUsPerRow.push(cpuUs / count);
    }
    figures.push(
      figure(`sink-fan-out: ${flavour}: all tables`, 'rows/s', rates),
      figure(`sink-fan-out: ${flavour}: CPU of the sink's process`, 'us/row', cpuUsPerRow),
    );
  }
  return [
    ...figures,
    ...[...stored].map(([table, rows]) => figure(`sink-fan-out: of that ${table}`, 'rows', [rows])),
  ];
}

/** What each table must hold afterwards: identities once. @throws Error when a topic of the sink has no records. */
async function expectedRows(
  codec: Codec,
  records: readonly FoldedRecord[],
  polls: number,
): Promise<Map<string, number>> {
  const of = (topic: TopicName) => records.filter((record) => record.topic === topic);
  for (const { topic } of projections(catalogue))
    assertValid(of(topic).length > 0, `nothing was made for ${topic}`);
  const anomalies = new Set((await decoded(codec, 'insight.anomaly', of)).map((one) => one.anomaly_id));
  const cells = new Set<string>();
  for (const { entity, scope_type, rows } of await decoded(codec, 'insight.baseline', of))
    for (const { interface_name, cells: hours, periods } of rows) {
      const place = [entity, scope_type, interface_name].join(' ');
      for (const { metric_name, hour_of_day, day_of_week } of hours)
        cells.add([place, metric_name, 'hourly', hour_of_day, day_of_week].join(' '));
      for (const { metric_name, time_period, day_of_week } of periods)
        cells.add([place, metric_name, time_period, '', day_of_week].join(' '));
    }
  return new Map([
    ['interface_metrics', of('metric.interface').length * ROWS_PER_ENTITY],
    ['poll_history', polls],
    ['data_collection_audit', polls],
    ['anomaly_events', anomalies.size],
    ['metric_baselines', cells.size],
    ['devices', of('inventory.device').length],
    ['sites', of('control.site').length],
  ]);
}

async function decoded<T extends TopicName>(
  codec: Codec,
  topic: T,
  of: (topic: TopicName) => readonly FoldedRecord[],
): Promise<TopicRecord<T>[]> {
  const decoder = codec.recordDecoder(topic);
  const values = of(topic).flatMap(({ value }) => value ?? []);
  await decoder.prepare(values);
  return values.map((value) => {
    const outcome = decoder.decode(value);
    if (outcome.kind === 'deadLetter') throw new Error(`bench is void: ${topic}: ${outcome.reason}`);
    return outcome.record;
  });
}

async function assertRows(pool: Pool, expected: ReadonlyMap<string, number>): Promise<void> {
  for (const [table, count] of expected) {
    const { rows } = await pool.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`);
    assertValid(rows[0]!.count === count, `${table} holds ${rows[0]!.count} rows for ${count}`);
  }
}
