/**
 * A worker: folds exchangeable noise and posts how many anomalies opened in it (all of them are false), and how many of
 * them became more than info. It runs
 * outside of Jest's sandbox, in which every use of a global such as Math costs about a microsecond.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { baselinedMetrics } from '../../pipeline/stages/baseline/baselined-metrics.ts';
import { catalogue } from '../../topics/catalogue.ts';
import { DetectHarness } from './detect-harness.ts';
import { randomFrom } from './random-from.ts';
import { normalFrom } from './simulated-series.ts';

const NOISES = {
  normal: normalFrom,
  // Both tails fall as e^-|x|.
  Laplace: (random: () => number): number => (random() < 0.5 ? 1 : -1) * -Math.log(1 - random()),
} as const;

export interface NoiseRun {
  readonly kind: keyof typeof NOISES;
  readonly seed: number;
  /** Each of as many series as there are baselined metrics. */
  readonly ports: number;
  readonly polls: number;
}

export interface FalseAlarms {
  readonly opened: number;
  readonly alarms: number;
}

function falseAlarms({ kind, seed, ports, polls }: NoiseRun): FalseAlarms {
  const random = randomFrom(seed);
  const harness = new DetectHarness();
  const names = Array.from({ length: ports }, (_, port) => `p${port}`);
  const columns = baselinedMetrics(catalogue).map(({ name }) => harness.reading.number(name));
  for (let poll = 0; poll < polls; poll += 1) {
    const atMs = Date.UTC(2026, 0, 5) + poll * 300_000;
    harness.pollColumns({ atMs, appendedAtMs: 4e12 }, names, () => {
      for (const { values } of columns) {
        for (let port = 0; port < ports; port += 1) values[port] = 1e9 + 1e8 * NOISES[kind](random);
      }
    });
  }
  const found = harness.take();
  const alarms = new Set(found.filter(({ severity }) => severity !== 'info').map(({ anomaly_id: id }) => id));
  return { opened: found.filter(({ state }) => state === 'opened').length, alarms: alarms.size };
}

parentPort?.postMessage(falseAlarms(workerData as NoiseRun));
