/**
 * Do two jobs say the same of the same polls? Reads both deviation and both anomaly topics side by side. A ratio of
 * their costs means something only then.
 */
import type avro from 'avsc';
import type { Broker, BrokerRecord } from '../../../pipeline/broker/port.ts';
import { avroType } from '../../../pipeline/codec/avro-type.ts';
import { HEADER_BYTES } from '../../../pipeline/codec/wire-format.ts';
import { peerSchema } from './peer-topics.ts';

/** Both do the same arithmetic in the same order: what differs more is another computation. */
const DOUBLE_TOLERANCE = 1e-9;
const FLOAT_TOLERANCE = 1e-6;
const SHOWN = 10;

export interface OutputTopics {
  readonly deviation: string;
  readonly anomaly: string;
}

export interface Comparison {
  readonly polls: number;
  /** Of these, polls whose records agree to the last bit. */
  readonly identicalPolls: number;
  /** Scores compared one by one, in the others. */
  readonly scores: number;
  readonly anomalies: number;
  readonly differences: number;
  /** The first of them, in words. */
  readonly shown: readonly string[];
}

interface Score {
  readonly value: number;
  readonly expected: number;
  readonly scale: number;
  readonly sigma: number;
}

interface Deviation {
  readonly entity: string;
  readonly poll_id: bigint;
  readonly observed_at: number;
  readonly rows: readonly {
    readonly if_index: number;
    readonly if_name: string;
    readonly quality: string;
    readonly metrics: readonly (Score | null)[];
  }[];
}

type Anomaly = Score & {
  readonly entity: string;
  readonly observed_at: number;
  readonly if_index: number;
  readonly metric: number;
};

/** @throws Error when either topic is not there. */
export async function compareOutputs(
  broker: Broker,
  ours: OutputTopics,
  theirs: OutputTopics,
): Promise<Comparison> {
  const comparing = new Comparing(
    avroType(peerSchema('deviation'), 'bigint'),
    avroType(peerSchema('anomaly'), 'bigint'),
  );
  for (const [kind, compare] of [
    ['deviation', comparing.deviations.bind(comparing)],
    ['anomaly', comparing.anomalies.bind(comparing)],
  ] as const) {
    // A task sends to the partition that it reads, in the order that it reads: both logs are the same sequence.
    for (const partition of await partitionsOf(broker, ours[kind], theirs[kind])) {
      const left = recordsOf(broker, ours[kind], partition);
      const right = recordsOf(broker, theirs[kind], partition);
      for (;;) {
        const [mine, other] = [await left.next(), await right.next()];
        if (mine.done === true && other.done === true) break;
        compare(
          mine.done === true ? undefined : mine.value.value!,
          other.done === true ? undefined : other.value.value!,
        );
      }
    }
  }
  return comparing.result();
}

class Comparing {
  readonly #deviationType: avro.Type;
  readonly #anomalyType: avro.Type;
  readonly #shown: string[] = [];
  #polls = 0;
  #identicalPolls = 0;
  #scores = 0;
  #anomalies = 0;
  #differences = 0;

  constructor(deviationType: avro.Type, anomalyType: avro.Type) {
    this.#deviationType = deviationType;
    this.#anomalyType = anomalyType;
  }

  result(): Comparison {
    return {
      polls: this.#polls,
      identicalPolls: this.#identicalPolls,
      scores: this.#scores,
      anomalies: this.#anomalies,
      differences: this.#differences,
      shown: this.#shown,
    };
  }

  deviations(mine: Buffer | undefined, other: Buffer | undefined): void {
    this.#polls += 1;
    if (mine === undefined || other === undefined)
      return this.#note(`a deviation that only ${mine === undefined ? 'the peer' : 'we'} sent`);
    if (mine.subarray(HEADER_BYTES).equals(other.subarray(HEADER_BYTES))) {
      this.#identicalPolls += 1;
      return;
    }
    const a = decode(this.#deviationType, mine) as Deviation;
    const b = decode(this.#deviationType, other) as Deviation;
    const of = `${a.entity} poll ${a.poll_id}`;
    if (a.entity !== b.entity || a.poll_id !== b.poll_id || a.observed_at !== b.observed_at)
      return this.#note(`${of} stands where the peer has ${b.entity} poll ${b.poll_id}`);
    if (a.rows.length !== b.rows.length)
      return this.#note(`${of}: ${a.rows.length} rows, of the peer ${b.rows.length}`);
    for (const [index, row] of a.rows.entries()) {
      const otherRow = b.rows[index]!;
      const where = `${of} row ${row.if_index}`;
      if (row.if_index !== otherRow.if_index || row.if_name !== otherRow.if_name)
        this.#note(`${where} ${row.if_name} is ${otherRow.if_index} ${otherRow.if_name} of the peer`);
      if (row.quality !== otherRow.quality)
        this.#note(`${where}: quality ${row.quality}, of the peer ${otherRow.quality}`);
      if (row.metrics.length !== otherRow.metrics.length)
        this.#note(`${where}: ${row.metrics.length} metrics, of the peer ${otherRow.metrics.length}`);
      for (const [metric, score] of row.metrics.entries())
        this.#compareScores(`${where} metric ${metric}`, score, otherRow.metrics[metric] ?? null);
    }
  }

  anomalies(mine: Buffer | undefined, other: Buffer | undefined): void {
    this.#anomalies += 1;
    const a = mine === undefined ? null : (decode(this.#anomalyType, mine) as Anomaly);
    const b = other === undefined ? null : (decode(this.#anomalyType, other) as Anomaly);
    const name = (of: Anomaly | null) =>
      of === null ? 'none' : `${of.entity} at ${of.observed_at} row ${of.if_index} metric ${of.metric}`;
    if (name(a) !== name(b)) this.#note(`anomaly ${name(a)}, of the peer ${name(b)}`);
    else this.#compareScores(`anomaly ${name(a)}`, a, b);
  }

  #compareScores(where: string, a: Score | null, b: Score | null): void {
    this.#scores += 1;
    if (a === null || b === null) {
      if (a !== b) this.#note(`${where}: ${a === null ? 'null' : 'a score'}, not so the peer`);
      return;
    }
    for (const [field, tolerance] of [
      ['value', DOUBLE_TOLERANCE],
      ['expected', DOUBLE_TOLERANCE],
      ['scale', FLOAT_TOLERANCE],
      ['sigma', FLOAT_TOLERANCE],
    ] as const) {
      const difference = Math.abs(a[field] - b[field]);
      // Written so that NaN is a difference.
      const isClose =
        a[field] === b[field] || difference <= tolerance * Math.max(Math.abs(a[field]), Math.abs(b[field]));
      if (!isClose) this.#note(`${where}: ${field} ${a[field]}, of the peer ${b[field]}`);
    }
  }

  #note(difference: string): void {
    this.#differences += 1;
    if (this.#shown.length < SHOWN) this.#shown.push(difference);
  }
}

function decode(type: avro.Type, value: Buffer): unknown {
  return type.fromBuffer(value.subarray(HEADER_BYTES));
}

async function partitionsOf(broker: Broker, ...topics: readonly string[]): Promise<number[]> {
  const all = await Promise.all(topics.map((topic) => broker.offsets(topic)));
  return [...new Set(all.flat().map(({ partition }) => partition))].sort((a, b) => a - b);
}

async function* recordsOf(
  broker: Broker,
  topic: string,
  partition: number,
): AsyncGenerator<BrokerRecord, undefined> {
  const range = (await broker.offsets(topic)).find((one) => one.partition === partition);
  if (range === undefined) return;
  const batches = broker.readRange({ topic, partition }, range.earliest, range.lastStable);
  for await (const { records } of batches) yield* records;
}
