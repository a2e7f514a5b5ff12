/**
 * The lean job in memory on one core: framed bytes in, framed bytes out, samples/s. A sample is one metric of one row.
 * What came out for some of the devices is compared with the reference, else the figures would mean nothing.
 */
import type { BrokerRecord } from '../../../pipeline/broker/port.ts';
import { avroType } from '../../../pipeline/codec/avro-type.ts';
import { HEADER_BYTES } from '../../../pipeline/codec/wire-format.ts';
import type { ProcessorOutput } from '../../../pipeline/runtime/sub-topology.ts';
import { assertValid, type Bench } from '../bench.ts';
import { cpuNs } from '../cpu-time.ts';
import { figure, type Figure } from '../figure.ts';
import { LeanProcessor } from './lean-sub-topology.ts';
import { METRICS, peerSchema } from './peer-topics.ts';
import { newPeerReading, peerDecoder } from './peer-codec.ts';
import { Network, pollEncoder, type RawPoll } from './polls.ts';
import { ReferenceJob } from './reference-job.ts';

/** Of one run. */
export interface LeanSize {
  readonly devices: number;
  readonly rowsPerDevice: number;
  /** Not timed: rows get their slots, the code gets compiled. */
  readonly warmPolls: number;
  readonly polls: number;
  readonly seed: number;
}

interface LeanBenchOptions extends LeanSize {
  readonly runs: number;
}

/** Anomalies need 16 polls. */
const SIZE = { rowsPerDevice: 48, warmPolls: 20, seed: 20_261_121 };
export const FULL: LeanSize = { ...SIZE, devices: 2_000, polls: 10 };
const START_MS = Date.UTC(2026, 10, 16, 9, 30);
const INTERVAL_S = 60;
/** One device of so many is compared. */
const CHECKED = 100;

export const lean: Bench = {
  name: 'lean',
  measures: "the Kafka Streams peer's job on our stages and state, in memory on one core",
  minutes: 2,
  full: () => leanBench({ ...FULL, runs: 5 }),
  quick: () => leanBench({ ...SIZE, devices: 200, polls: 10, runs: 3 }),
};

async function leanBench(options: LeanBenchOptions): Promise<Figure[]> {
  const costs: LeanCost[] = [];
  const rssMb: number[] = [];
  for (let run = 0; run < options.runs; run += 1) {
    costs.push(await leanCost(run, options));
    rssMb.push(process.memoryUsage.rss() / 2 ** 20);
  }
  const series = (options.devices * options.rowsPerDevice * METRICS).toLocaleString('en-US');
  const of = (pick: (cost: LeanCost) => number) => costs.map(pick);
  return [
    figure(
      `lean: ${series} series, decode and encode`,
      'samples/s/core',
      of(({ wholeNs }) => 1e9 / wholeNs),
      { better: 'higher', atLeast: 4e6, then: 10e6 },
    ),
    figure(
      'lean: in memory',
      'ns/sample',
      of(({ wholeNs }) => wholeNs),
    ),
    figure(
      'lean: of that decode',
      'ns/sample',
      of(({ decodeNs }) => decodeNs),
    ),
    figure(
      'lean: everything against decode alone',
      'ratio',
      of(({ wholeNs, decodeNs }) => wholeNs / decodeNs),
      { better: 'lower' },
    ),
    figure('lean: process with polls and state', 'MiB RSS', rssMb),
  ];
}

/** CPU time of the process (garbage collection included) for one sample. */
export interface LeanCost {
  readonly wholeNs: number;
  readonly decodeNs: number;
}

/** Of one run in this process. @throws Error when what came out is not what the reference says. */
export async function leanCost(run: number, size: LeanSize = FULL): Promise<LeanCost> {
  const { devices, rowsPerDevice, warmPolls, polls, seed } = size;
  const network = new Network({ seed: seed + run, devices, rowsPerDevice });
  const encode = await pollEncoder();
  const processor = new LeanProcessor();
  const outputs = new Outputs();
  const decoder = peerDecoder();
  const reading = newPeerReading();
  let wholeTotal = 0;
  let decodeTotal = 0;
  for (let step = 0; step < warmPolls + polls; step += 1) {
    const records = network.entities.map((entity, device) => {
      const observedAtMs = START_MS + step * INTERVAL_S * 1000 + (device % 1000);
      const poll = network.poll(device, step, observedAtMs, INTERVAL_S);
      if (device % CHECKED === 0) outputs.expect(poll);
      return record(entity, encode(poll), step);
    });
    const values = [records[0]!.value];
    await Promise.all([processor.prepare('raw.interface', values), decoder.prepare(values)]);
    const whole = cpuNs(() => records.forEach((each) => processor.fold('raw.interface', each, outputs)));
    const decode = cpuNs(() =>
      records.forEach(({ value }) =>
        assertValid(decoder.decode(value!, reading) === undefined, 'a poll was refused'),
      ),
    );
    if (step < warmPolls) continue;
    wholeTotal += whole;
    decodeTotal += decode;
  }
  await outputs.assertRight(devices * (warmPolls + polls));
  const samples = devices * rowsPerDevice * METRICS * polls;
  return { wholeNs: wholeTotal / samples, decodeNs: decodeTotal / samples };
}

function record(entity: string, value: Buffer, offset: number): BrokerRecord {
  const appendedAtMs = START_MS + offset * INTERVAL_S * 1000;
  return { topic: 'raw', partition: 0, offset, appendedAtMs, key: Buffer.from(entity), value };
}

/** Counts what is sent, and keeps it for the devices that are compared. */
class Outputs implements ProcessorOutput {
  readonly #reference = new ReferenceJob();
  readonly #wanted = new Map<string, ReturnType<ReferenceJob['fold']>[]>();
  readonly #sent = new Map<string, Buffer[]>();
  #deviations = 0;
  #anomalies = 0;
  #refused = 0;

  expect(poll: RawPoll): void {
    const { entity } = poll;
    this.#wanted.set(entity, [...(this.#wanted.get(entity) ?? []), this.#reference.fold(poll)]);
    if (!this.#sent.has(entity)) this.#sent.set(entity, []);
  }

  send(topic: string, key: Buffer | null, value: Buffer): void {
    if (topic === 'insight.anomaly') this.#anomalies += 1;
    else {
      this.#deviations += 1;
      // A copy: the writer's slabs would stay in memory with it.
      this.#sent.get(key!.toString())?.push(Buffer.from(value));
    }
  }

  repartition(topic: string, key: Buffer, value: Buffer): void {
    this.send(topic, key, value);
  }

  deadLetter(): void {
    this.#refused += 1;
  }

  count(): void {
    // The lean stages count nothing.
  }

  countRows(): void {
    // Nor rows.
  }

  async assertRight(polls: number): Promise<void> {
    assertValid(this.#refused === 0, `${this.#refused} polls were refused`);
    assertValid(this.#deviations === polls, `${this.#deviations} of ${polls} polls were sent`);
    assertValid(this.#anomalies > 0, 'no anomaly was found');
    const type = avroType(peerSchema('deviation'), 'bigint');
    for (const [entity, wanted] of this.#wanted) {
      const sent = this.#sent.get(entity)!;
      for (const [step, rows] of wanted.entries()) {
        const { rows: got } = type.fromBuffer(sent[step]!.subarray(HEADER_BYTES)) as SentDeviation;
        const expected = rows.map(({ quality, scores }) => ({ quality, metrics: scores.map(asSent) }));
        const isRight = got.length === rows.length && got.every((row, at) => isSame(row, expected[at]!));
        assertValid(isRight, `${entity}, poll ${step}, is not what the reference says`);
      }
    }
  }
}

interface SentRow {
  readonly quality: string;
  readonly metrics: readonly (Readonly<Record<'value' | 'expected' | 'scale' | 'sigma', number>> | null)[];
}

interface SentDeviation {
  readonly rows: readonly SentRow[];
}

function asSent(
  score: ReturnType<ReferenceJob['fold']>[number]['scores'][number],
): SentRow['metrics'][number] {
  if (score === null) return null;
  const { value, expected, scale, sigma } = score;
  return { value, expected, scale: Math.fround(scale), sigma: Math.fround(sigma) };
}

function isSame({ quality, metrics }: SentRow, wanted: SentRow): boolean {
  return (
    quality === wanted.quality &&
    metrics.length === wanted.metrics.length &&
    metrics.every((score, metric) => {
      const other = wanted.metrics[metric] ?? null;
      if (score === null) return other === null;
      return (['value', 'expected', 'scale', 'sigma'] as const).every(
        (field) => score[field] === other?.[field],
      );
    })
  );
}
