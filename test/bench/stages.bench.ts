/**
 * The entity sub-topology in memory on one core: samples/s with decode and encode, and what each part costs.
 * A sample is one counter of one interface of one poll (32-bit shadows are not counted).
 */
import type { BrokerRecord } from '../../pipeline/broker/port.ts';
import { embeddedRegistry } from '../../pipeline/codec/embedded-registry.ts';
import { ReadingProcessor } from '../../pipeline/runtime/reading-processor.ts';
import type { Processor, ProcessorOutput } from '../../pipeline/runtime/sub-topology.ts';
import type { Stage, StageDefinition } from '../../pipeline/stages/stage.ts';
import { entityTopology, type ReadingTopology } from '../../pipeline/topology.ts';
import { catalogue } from '../../topics/catalogue.ts';
import { startedCodec } from '../support/codec.ts';
import { STAGE_DEFAULTS } from '../support/topology-driver.ts';
import { assertValid, type Bench } from './bench.ts';
import { figure, type Figure } from './figure.ts';
import { load } from './load.ts';
import { yardstick } from './yardstick.ts';

interface StagesBenchOptions {
  readonly entities: number;
  readonly rowsPerEntity: number;
  readonly warmPolls: number;
  readonly polls: number;
  readonly runs: number;
  readonly seed: number;
}

const START_MS = 1_780_000_000_000;
/** As a collector would poll; long enough for two days of warm-up to fill the seasonal cells. */
const INTERVAL_MS = 300_000;
/** Two days and a bit at 5 minutes: baselines judge, and hour-of-day cells are in use. */
const WARM_POLLS = 620;
const SIZE = { rowsPerEntity: 48, warmPolls: WARM_POLLS, polls: 60, seed: 20_261_121 };

export const stages: Bench = {
  name: 'stages',
  measures: 'everything that is on in memory on one core, and what each stage costs',
  minutes: 2,
  full: () => measureStages({ ...SIZE, entities: 60, runs: 5 }),
  quick: () => measureStages({ ...SIZE, entities: 8, runs: 3 }),
};

async function measureStages(options: StagesBenchOptions): Promise<Figure[]> {
  const topology = entityTopology(catalogue, STAGE_DEFAULTS);
  const samplesPerSecond: number[] = [];
  const nsPerSample: number[] = [];
  const bytesPerSeries: number[] = [];
  const parts = new Map<string, number[]>();
  const ratios = new Map<string, number[]>();
  for (let run = 0; run < options.runs; run += 1) {
    const whole = await measure(options, run, topology);
    samplesPerSecond.push((1e9 * whole.samples) / whole.ns);
    nsPerSample.push(whole.ns / whole.samples);
    bytesPerSeries.push(whole.bytesPerSeries);
    const yardNs = whole.yardNsPerRow / whole.samplesPerRow;
    append(ratios, 'everything', whole.ns / whole.samples / yardNs);
    const costs = new Map<string, number[]>();
    const timed = await measure(
      options,
      run,
      { ...topology, stages: topology.stages.map((stage) => clocked(stage, costs)) },
      () => costs.clear(),
    );
    // A part's share of a record's time, of the CPU time of the plain run. Medians: whoever interrupts a call is left out.
    const record = median(timed.recordNs);
    const share = whole.ns / whole.samples / record;
    let rest = record;
    for (const [stage, calls] of costs) {
      const ns = median(calls);
      rest -= ns;
      append(parts, stage, ns * share);
      if (JUDGED.includes(stage)) append(ratios, stage, (ns * share) / yardNs);
    }
    append(parts, 'decode, directory, encode', rest * share);
    append(ratios, 'decode, directory, encode', (rest * share) / yardNs);
  }
  return [
    figure('stages: everything, decode and encode', 'samples/s/core', samplesPerSecond, {
      better: 'higher',
      atLeast: 500_000,
      then: 1_500_000,
    }),
    figure('stages: everything', 'ns/sample', nsPerSample),
    ...[...parts].map(([part, values]) => figure(`stages: of that ${part}`, 'ns/sample', values)),
    figure('stages: state', 'bytes/series', bytesPerSeries, {
      better: 'lower',
      atLeast: 16_000,
      then: 4_000,
    }),
    ...[...ratios].map(([part, values]) =>
      figure(`stages: ${part} against JSON.parse of the same polls`, 'ratio', values, { better: 'lower' }),
    ),
  ];
}

/** Stages that cost enough to be held to their ratio; the others are a few clock reads. */
const JUDGED: readonly string[] = ['rate', 'baseline', 'detect'];

function median(values: readonly number[]): number {
  return figure('', '', values).median;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function append(parts: Map<string, number[]>, part: string, value: number): void {
  parts.set(part, [...(parts.get(part) ?? []), value]);
}

interface Measured {
  readonly samples: number;
  readonly ns: number;
  /** Wall time of each record. */
  readonly recordNs: readonly number[];
  readonly bytesPerSeries: number;
  readonly samplesPerRow: number;
  /** JSON.parse of the same polls, meanwhile. */
  readonly yardNsPerRow: number;
}

/** Folds warm polls, then times the rest; CPU time of this thread, so that a busy machine counts less. */
async function measure(
  options: StagesBenchOptions,
  run: number,
  topology: ReadingTopology,
  warm: () => void = () => undefined,
): Promise<Measured> {
  const { entities, rowsPerEntity, warmPolls, polls, seed } = options;
  const codec = await startedCodec(catalogue, embeddedRegistry());
  const processor = new ReadingProcessor({ codec, catalogue, topology });
  const readings = load(codec, {
    seed: seed + run,
    entities,
    rowsPerEntity,
    startMs: START_MS,
    intervalMs: INTERVAL_MS,
  });
  let sent = 0;
  let refused = 0;
  const out: ProcessorOutput = {
    send: () => void (sent += 1),
    deadLetter: () => void (refused += 1),
    count: () => undefined,
    countRows: () => undefined,
  };
  let ns = 0;
  const recordNs: number[] = [];
  const yard = await yardstick(codec, readings.poll(0));
  const yardNs: number[] = [];
  for (let step = 0; step < warmPolls + polls; step += 1) {
    const records = readings.poll(step).map((value, index) => record(readings.entities[index]!, value, step));
    await processor.prepare('raw.interface', [records[0]!.value]);
    if (step === warmPolls) warm();
    const took = foldAll(processor, records, out, step < warmPolls ? [] : recordNs);
    if (step < warmPolls) continue;
    ns += took;
    yardNs.push(yard.measure());
  }
  // The work must have been done: a metric record for every poll of every entity, and nothing refused.
  assertValid(
    refused === 0 && sent >= entities * (warmPolls + polls),
    `${refused} records refused, ${sent} sent`,
  );
  const bytes = [...processor.state.bytesByStage().values()].reduce((sum, each) => sum + each, 0);
  return {
    samples: entities * rowsPerEntity * readings.countersPerRow * polls,
    ns,
    recordNs,
    samplesPerRow: readings.countersPerRow,
    yardNsPerRow: mean(yardNs),
    bytesPerSeries: bytes / (processor.state.rows * readings.countersPerRow),
  };
}

/** @returns CPU ns of all; the wall time of each goes to `recordNs`. */
function foldAll(
  processor: Processor,
  records: readonly BrokerRecord[],
  out: ProcessorOutput,
  recordNs: number[],
): number {
  const before = process.cpuUsage();
  for (const each of records) {
    const began = performance.now();
    processor.fold('raw.interface', each, out);
    recordNs.push((performance.now() - began) * 1e6);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) * 1000;
}

function record(entity: string, value: Buffer, step: number): BrokerRecord {
  return {
    topic: 'raw.interface',
    partition: 0,
    offset: step,
    appendedAtMs: START_MS + (step + 1) * INTERVAL_MS,
    key: Buffer.from(entity),
    value,
  };
}

/** The stage with a clock around `process`. */
function clocked(definition: StageDefinition, costs: Map<string, number[]>): StageDefinition {
  return {
    ...definition,
    init(context): Stage {
      const stage = definition.init(context);
      const { name } = definition;
      return {
        ...stage,
        process(reading, out) {
          const before = performance.now();
          const goesOn = stage.process(reading, out);
          const ns = (performance.now() - before) * 1e6;
          const calls = costs.get(name);
          if (calls === undefined) costs.set(name, [ns]);
          else calls.push(ns);
          return goesOn;
        },
      };
    },
  };
}
