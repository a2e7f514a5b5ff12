/** What a sample takes of time and a series of memory, with every stage on. */
import { median } from 'simple-statistics';
import { entityTopology } from '../../../../pipeline/topology.ts';
import { baselinedMetrics } from '../../../../pipeline/stages/baseline/baselined-metrics.ts';
import { catalogue } from '../../../../topics/catalogue.ts';
import { STAGE_DEFAULTS } from '../../../support/topology-driver.ts';
import { garbageCollector } from '../../collect-garbage.ts';
import { cpuNs } from '../../cpu-time.ts';
import { foldedLoad, WARM_POLLS, type FoldedLoad } from '../../folded-load.ts';
import { clockedStages } from '../../stage-clock.ts';
import { Chance } from '../simulated/chance.ts';
import { ProductScores } from '../product-scores.ts';

export interface CostReport {
  readonly seed: number;
  /** CPU time of one value of one baselined metric, decode, every stage and encode. */
  readonly ns_per_sample: number;
  /** Of that, by stage. */
  readonly ns_by_stage: Readonly<Record<string, number>>;
  /** Of a value in `netsigma analyze`: baseline and detect alone, one series. */
  readonly ns_per_analyzed_value: number;
  /** State of one baselined series, its share of the row's and the device's included. */
  readonly bytes_per_series: number;
  readonly bytes_by_stage: Readonly<Record<string, number>>;
}

export interface CostOptions {
  readonly entities: number;
  readonly runs: number;
  readonly seed: number;
  readonly progress: (line: string) => void;
}

const ROWS = 48;
/** Of one run: five hours at 5 minutes. */
const POLLS = 60;
const ANALYZED_ROWS = 200_000;

export async function costReport({ entities, runs, seed, progress }: CostOptions): Promise<CostReport> {
  const topology = entityTopology(catalogue, STAGE_DEFAULTS);
  const clock = clockedStages(topology.stages);
  const options = { seed, entities, rowsPerEntity: ROWS };
  const plain = await foldedLoad(topology, options);
  const clocked = await foldedLoad({ ...topology, stages: clock.stages }, options);
  const metrics = baselinedMetrics(catalogue).length;
  const samples = entities * ROWS * metrics * POLLS;
  for (const load of [plain, clocked]) {
    progress(`${entities} devices of ${ROWS} ports: ${WARM_POLLS} polls to learn from`);
    for (let poll = 0; poll < WARM_POLLS; poll += 1) load.fold(await load.next(1));
  }
  const whole: number[] = [];
  const byStage = new Map<string, number[]>();
  for (let run = 0; run < runs; run += 1) {
    progress(`run ${run + 1} of ${runs}`);
    const { ns } = await folded(plain);
    whole.push(ns / samples);
    clock.reset();
    const { wallNs } = await folded(clocked);
    // Shares of a run with clocks, of the time of the one without.
    for (const [stage, spentNs] of clock.spentNs())
      byStage.set(stage, [...(byStage.get(stage) ?? []), ((spentNs / wallNs) * ns) / samples]);
  }
  const bytes = bytesByStage(plain, metrics);
  return {
    seed,
    ns_per_sample: median(whole),
    ns_by_stage: Object.fromEntries([...byStage].map(([stage, each]) => [stage, median(each)])),
    ns_per_analyzed_value: analyzedNs(seed),
    bytes_per_series: [...bytes.values()].reduce((sum, each) => sum + each, 0),
    bytes_by_stage: Object.fromEntries(bytes),
  };
}

/** The next polls: CPU time and wall time. */
async function folded(load: FoldedLoad): Promise<{ readonly ns: number; readonly wallNs: number }> {
  const records = await load.next(POLLS);
  garbageCollector()();
  const beganMs = performance.now();
  const ns = cpuNs(() => load.fold(records));
  return { ns, wallNs: (performance.now() - beganMs) * 1e6 };
}

/** Of what each column declares; segments are allocated a little ahead of it. */
function bytesByStage({ processor: { state } }: FoldedLoad, metrics: number): Map<string, number> {
  const bytes = new Map<string, number>();
  const series = state.rows * metrics;
  const slots = { series: state.rows, row: state.rows, entity: state.entities };
  for (const [, { stage, column }] of state.columns()) {
    const { valueBytes, width, declaration } = column;
    const share = (valueBytes * width * slots[declaration.scope]) / series;
    bytes.set(stage, (bytes.get(stage) ?? 0) + share);
  }
  return bytes;
}

function analyzedNs(seed: number): number {
  const chance = new Chance(seed);
  const level = (row: number): number => 1e6 * (2 + Math.sin((2 * Math.PI * row) / 288));
  const series = {
    name: 'cost',
    timesMs: Float64Array.from({ length: ANALYZED_ROWS }, (_, row) => Date.UTC(2026, 0, 5) + row * 300_000),
    values: Float64Array.from(
      { length: ANALYZED_ROWS },
      (_, row) => level(row) * (1 + 0.1 * chance.normal()),
    ),
  };
  const product = new ProductScores();
  product.of(series);
  garbageCollector()();
  return cpuNs(() => product.of({ ...series, name: 'again' })) / ANALYZED_ROWS;
}
