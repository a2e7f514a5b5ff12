/** The last records of a topic as plain objects, and those that follow: what `netsigma tail` and the status address show. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Broker, BrokerRecord } from './broker/port.ts';
import type { Codec, RecordDecoder } from './codec/port.ts';
import type { Component } from './model/component.ts';
import { RetryableError } from './model/errors.ts';
import type { Tail, TailRequest } from './observe/tail-route.ts';
import { topicName, type Catalogue, type Naming, type TopicName } from '../topics/catalogue.ts';
import type { TopicRow } from '../topics/row.ts';

export interface TopicReaderDeps {
  readonly broker: Broker;
  readonly codec: Codec;
  readonly catalogue: Catalogue;
  readonly naming: Naming;
}

/** One line: where and when the record lies, and its value (for readings: one line a row, envelope left out). */
type TailLine = Readonly<Record<string, unknown>>;

const POLL_MS = 250;
/** A topic on Kafka may be far larger than the memory: of its last records no more than this is shown, about. */
const MAX_BYTES = 64_000_000;

export interface TopicReader extends Component {
  readonly tail: Tail;
  /** Between `start` and `stop`. */
  readonly isOpen: boolean;
}

/** Reads from `start` to `stop`, when the broker is there: what is followed then ends. */
export function topicReader(deps: TopicReaderDeps): TopicReader {
  const { catalogue } = deps;
  let reading: AbortController | undefined;
  return {
    name: 'topic reader',
    get isOpen() {
      return reading !== undefined;
    },
    async start() {
      reading = new AbortController();
    },
    async stop() {
      reading?.abort();
      reading = undefined;
    },
    tail: {
      topics: Object.values(catalogue).map(({ name, doc }) => ({ name, doc })),
      async *read(name, request) {
        if (reading === undefined) throw new RetryableError('the topics cannot be read yet');
        const signal = AbortSignal.any([request.signal, reading.signal]);
        for await (const line of tailOf(deps, name as TopicName, { ...request, signal }))
          yield tailJson(line);
      },
    },
  };
}

async function* tailOf(
  { broker, codec, catalogue, naming }: TopicReaderDeps,
  topic: TopicName,
  { limit, follow, signal }: TailRequest,
): AsyncGenerator<TailLine, void> {
  const row = catalogue[topic];
  const name = topicName(row, naming);
  const decoder = codec.recordDecoder(topic);
  const next = new Map<number, number>();
  let records = await lastRecords(broker, name, limit, next);
  for (;;) {
    await decoder.prepare(records.map(({ value }) => value));
    for (const record of records) {
      for (const line of lines(record, decoder, row)) {
        if (signal.aborted) return;
        yield line;
      }
    }
    if (!follow) return;
    await wait(POLL_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    records = await since(broker, name, next, Infinity);
  }
}

/** A record as lines: one, or one a row of a reading. */
function lines(
  record: BrokerRecord,
  decoder: RecordDecoder<Record<string, unknown>>,
  topic: TopicRow,
): TailLine[] {
  const { partition, offset, appendedAtMs } = record;
  const key = record.key?.toString() ?? null;
  const place = { partition, offset, key, appended_at: new Date(appendedAtMs) };
  if (record.value === null) return [{ ...place, tombstone: true }];
  const outcome = decoder.decode(record.value);
  if (outcome.kind === 'deadLetter')
    return [{ ...place, undecodable: outcome.reason, detail: outcome.detail }];
  const values = dated(outcome.record, topic);
  const { rows, entity, observed_at } = values;
  if (topic.shape === 'record') return [{ ...place, ...values }];
  return (rows as object[]).map((row) => ({
    ...place,
    entity,
    observed_at,
    ...row,
  }));
}

/** Timestamps of the record itself; those of a reading's rows do not exist. */
function dated(record: Record<string, unknown>, { value }: TopicRow): Record<string, unknown> {
  const times = value.fields.filter(({ type }) => type === 'timestamp').map(({ name }) => name);
  return Object.fromEntries(
    Object.entries(record).map(([name, at]) => [
      name,
      typeof at === 'number' && times.includes(name) ? new Date(at) : at,
    ]),
  );
}

/** The newest `limit` records; sets `next`. Control records take offsets too, so it looks back further until it has them. */
async function lastRecords(
  broker: Broker,
  topic: string,
  limit: number,
  next: Map<number, number>,
): Promise<BrokerRecord[]> {
  for (let back = limit; ; back = 4 * back + 1) {
    let whole = true;
    for (const { partition, earliest, lastStable } of await broker.offsets(topic)) {
      next.set(partition, Math.max(earliest, lastStable - back));
      whole &&= lastStable - back <= earliest;
    }
    const records = await since(broker, topic, next, limit);
    if (records.length >= limit || whole) return records;
  }
}

/** The newest `limit` committed records from `next` on, oldest append time first; moves `next`. */
async function since(
  broker: Broker,
  topic: string,
  next: Map<number, number>,
  limit: number,
): Promise<BrokerRecord[]> {
  let records: BrokerRecord[] = [];
  for (const { partition, earliest, lastStable } of await broker.offsets(topic)) {
    const from = Math.max(earliest, next.get(partition) ?? earliest);
    next.set(partition, Math.max(from, lastStable));
    if (from >= lastStable) continue;
    for await (const batch of broker.readRange({ topic, partition }, from, lastStable)) {
      records.push(...batch.records);
      if (records.length > 2 * limit) records = newest(records, limit);
    }
  }
  return newest(records, limit);
}

/** In order, the oldest left out beyond `limit` records or MAX_BYTES. */
function newest(records: BrokerRecord[], limit: number): BrokerRecord[] {
  records.sort((a, b) => a.appendedAtMs - b.appendedAtMs || a.partition - b.partition || a.offset - b.offset);
  let first = records.length;
  for (let bytes = 0; first > 0 && records.length - first < limit; first -= 1) {
    bytes += records[first - 1]!.value?.length ?? 0;
    if (bytes > MAX_BYTES && first < records.length) break;
  }
  return records.slice(first);
}

/** JSON with 64-bit integers as numbers where they fit exactly, else as strings; bytes as base64. */
export function tailJson(line: TailLine): string {
  return JSON.stringify(line, (_key, value: unknown): unknown => {
    if (typeof value === 'bigint')
      return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
    if (isBufferJson(value)) return Buffer.from(value.data).toString('base64');
    return value;
  });
}

/** JSON.stringify asks a Buffer's toJSON before the replacer. */
function isBufferJson(value: unknown): value is { data: number[] } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    value.type === 'Buffer' &&
    'data' in value
  );
}
