/**
 * The entity sub-topology in memory on one core: samples/s with decode and encode, what each part costs, and what a
 * series takes of memory. A sample is one counter of one interface of one poll (32-bit shadows are not counted).
 *
 * What is timed is folding alone: its records are made before, and their garbage is collected before. Parts are wall
 * times of a second run over the same records, as shares of the CPU time of the first, which has no clocks in it.
 */
import type { BrokerRecord } from '../../pipeline/broker/port.ts';
import type { ProcessorOutput } from '../../pipeline/runtime/sub-topology.ts';
import { entityTopology, type ReadingTopology } from '../../pipeline/topology.ts';
import { catalogue } from '../../topics/catalogue.ts';
import { silentOutput } from '../support/silent-output.ts';
import { STAGE_DEFAULTS } from '../support/topology-driver.ts';
import { assertValid, type Bench } from './bench.ts';
import { garbageCollector } from './collect-garbage.ts';
import { cpuNs } from './cpu-time.ts';
import { figure, type Figure } from './figure.ts';
import { garbageOf } from './garbage-watch.ts';
import { foldedLoad, WARM_POLLS, type FoldedLoad } from './folded-load.ts';
import { clockedStages } from './stage-clock.ts';
import { yardstick } from './yardstick.ts';

interface StagesBenchOptions {
  readonly entities: number;
  readonly rowsPerEntity: number;
  readonly polls: number;
  readonly runs: number;
  readonly seed: number;
}

/**
 * Rows are just short of a power of two, as much as a segment of state is allocated for. Polls are those of a whole day:
 * hours and days that end are in it as often as they are in life.
 */
const SIZE = { rowsPerEntity: 48, polls: 288, seed: 20_261_121 };
/** JSON.parse of all polls, so often: as long as the folding takes. */
const YARD_TIMES = 20;
const IN_ALL = 'in all';
const REST_PART = 'of that decode, directory, encode';
/** Readings that are encoded in turns, so that the encoder is not timed on one in the cache. */
const READINGS = 16;
/** Parts that cost enough to be held to their ratio; the others are a few clock reads. */
const JUDGED: readonly string[] = [
  'everything',
  'of that rate',
  'of that baseline',
  'of that detect',
  REST_PART,
];

export const stages: Bench = {
  name: 'stages',
  measures: 'everything that is on in memory on one core, and what each stage costs in time and memory',
  minutes: 6,
  full: () => measureStages({ ...SIZE, entities: 85, runs: 5 }),
  quick: () => measureStages({ ...SIZE, entities: 10, runs: 3 }),
};

async function measureStages(options: StagesBenchOptions): Promise<Figure[]> {
  const topology = entityTopology(catalogue, STAGE_DEFAULTS);
  const values = new Map<string, number[]>();
  const ratios = new Map<string, number[]>();
  const bytes = new Map<string, number[]>();
  const samplesPerSecond: number[] = [];
  const collections: number[] = [];
  const garbage: number[] = [];
  for (let run = 0; run < options.runs; run += 1) {
    const whole = await foldedPolls(options, run, topology);
    samplesPerSecond.push(1e9 / whole.nsPerSample);
    collections.push(whole.collectionsPerMillion);
    garbage.push(100 * whole.garbageShare);
    const took = (name: string, ns: number): void => {
      append(values, name, ns);
      if (JUDGED.includes(name)) append(ratios, name.replace('of that ', ''), ns / whole.yardNsPerSample);
    };
    took('everything', whole.nsPerSample);
    took('decode and encode alone', await codecNsPerSample(whole));

    const clock = clockedStages(topology.stages);
    const timed = await foldedPolls(options, run, { ...topology, stages: clock.stages }, clock.reset);
    const share = whole.nsPerSample / timed.wallNs;
    let rest = timed.wallNs;
    for (const [part, ns] of clock.spentNs()) {
      took(`of that ${part}`, ns * share);
      rest -= ns;
    }
    took(REST_PART, rest * share);
    for (const [name, value] of bytesPerSeries(whole.load)) append(bytes, name, value);
  }
  return [
    figure('stages: everything, decode and encode', 'samples/s/core', samplesPerSecond, {
      better: 'higher',
      atLeast: 500_000,
      then: 1_500_000,
    }),
    ...[...values].map(([name, each]) => figure(`stages: ${name}`, 'ns/sample', each)),
    figure('stages: garbage collections', 'in 1M samples', collections),
    figure('stages: garbage collections, of the time', '%', garbage),
    ...[...bytes].map(([name, each]) =>
      figure(
        `stages: state ${name}`,
        'bytes/series',
        each,
        name === IN_ALL ? { better: 'lower', atLeast: 16_000, then: 4_000 } : undefined,
      ),
    ),
    ...[...ratios].map(([part, each]) =>
      figure(`stages: ${part} against JSON.parse of the same polls`, 'ratio', each, { better: 'lower' }),
    ),
  ];
}

function append(to: Map<string, number[]>, name: string, value: number): void {
  const before = to.get(name);
  if (before === undefined) to.set(name, [value]);
  else before.push(value);
}

interface Measured {
  readonly load: FoldedLoad;
  readonly records: readonly BrokerRecord[];
  readonly nsPerSample: number;
  /** Of what ratios are taken against, just before and just after. */
  readonly yardNsPerSample: number;
  readonly wallNs: number;
  /** Garbage collections for a million samples, and their share of the time. */
  readonly collectionsPerMillion: number;
  readonly garbageShare: number;
}

/** Folds warm polls, then times the rest; CPU time of this process, so that a busy machine counts less. */
async function foldedPolls(
  { entities, rowsPerEntity, polls, seed }: StagesBenchOptions,
  run: number,
  topology: ReadingTopology,
  warm: () => void = () => undefined,
): Promise<Measured> {
  const load = await foldedLoad(topology, { seed: seed + run, entities, rowsPerEntity });
  for (let poll = 0; poll < WARM_POLLS; poll += 1) load.fold(await load.next(1));
  const records = await load.next(polls);
  const yard = await yardstick(
    load.codec,
    records.slice(0, entities).map(({ value }) => value!),
  );
  yard.measure(YARD_TIMES);
  const yardBefore = yard.measure(YARD_TIMES);
  garbageCollector()();
  warm();
  let ns = 0;
  let wallNs = 0;
  const garbage = await garbageOf(() => {
    const began = performance.now();
    ns = cpuNs(() => load.fold(records));
    wallNs = (performance.now() - began) * 1e6;
  });
  // The work must have been done: a metric record for every poll of every entity, and nothing refused.
  const { sent, refused } = load.counts;
  assertValid(
    refused === 0 && sent >= entities * (WARM_POLLS + polls),
    `${refused} records refused, ${sent} sent`,
  );
  const yardNsPerRow = (yardBefore + yard.measure(YARD_TIMES)) / 2;
  return {
    load,
    records,
    nsPerSample: ns / (load.samplesPerPoll * polls),
    yardNsPerSample: yardNsPerRow / load.countersPerRow,
    wallNs,
    collectionsPerMillion: (garbage.collections * 1e6) / (load.samplesPerPoll * polls),
    garbageShare: (garbage.ms * 1e6) / wallNs,
  };
}

/** Raw records to columns, and columns with all their rates to metric records. */
async function codecNsPerSample({ load, records }: Measured): Promise<number> {
  const { codec, countersPerRow } = load;
  const raw = codec.newReading('raw.interface', 'metric.interface');
  const decoder = codec.readingDecoder('raw.interface');
  const encoder = codec.readingEncoder('metric.interface');
  await decoder.prepare([records[0]!.value]);
  const metrics = await metricReadings(load);
  let rows = 0;
  let bytes = 0;
  const pass = (): void => {
    for (const [index, { value }] of records.entries()) {
      assertValid(decoder.decode(value!, raw) === undefined, 'a raw record cannot be decoded');
      rows += raw.rowCount;
      bytes += encoder.encode(metrics[index % READINGS]!).length;
    }
  };
  pass();
  rows = 0;
  garbageCollector()();
  const ns = cpuNs(pass);
  assertValid(bytes > 0 && rows > 0, `${rows} rows, ${bytes} bytes`);
  return ns / (rows * countersPerRow);
}

/** Readings as they are after the stages. */
async function metricReadings({ codec, next, fold }: FoldedLoad) {
  const values: Buffer[] = [];
  const keeping: ProcessorOutput = {
    ...silentOutput,
    send: (topic, _key, value) => {
      if (topic === 'metric.interface') values.push(value);
    },
    deadLetter: (_topic, _record, reason) => assertValid(false, reason),
  };
  while (values.length < READINGS) fold(await next(1), keeping);
  const decoder = codec.readingDecoder('metric.interface');
  await decoder.prepare(values);
  return values.slice(0, READINGS).map((value) => {
    const reading = codec.newReading('raw.interface', 'metric.interface');
    assertValid(decoder.decode(value, reading) === undefined, 'a metric record cannot be decoded');
    return reading;
  });
}

/** Bytes allocated in columns, by stage and group. */
function bytesPerSeries({ processor, countersPerRow }: FoldedLoad): Map<string, number> {
  const { state } = processor;
  const bytes = new Map([[IN_ALL, 0]]);
  for (const [, { stage, column }] of state.columns()) {
    const share = column.bytes / (state.rows * countersPerRow);
    for (const name of [IN_ALL, `of ${stage}, ${column.declaration.group}`])
      bytes.set(name, (bytes.get(name) ?? 0) + share);
  }
  return bytes;
}
