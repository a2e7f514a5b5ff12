import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, it } from '@jest/globals';
import type { FalseAlarms, NoiseRun } from '../../support/exchangeable-noise.ts';

/** 1,000 series (100 ports of 10 metrics) of 10,000 polls: five weeks at 5 minutes, of which four are judged. */
const SIZE = { ports: 100, polls: 10_000 };

it.each([
  { kind: 'normal', seed: 1, ...SIZE },
  { kind: 'Laplace', seed: 1, ...SIZE },
] satisfies NoiseRun[])(
  '$kind noise with seed $seed raises no alarm in ten million polls, and an info a series in two months',
  async (run) => {
    const worker = new Worker(new URL('../../support/exchangeable-noise.ts', import.meta.url), {
      workerData: run,
    });
    const [{ opened, alarms }] = (await once(worker, 'message')) as [FalseAlarms];
    expect(alarms).toBeLessThanOrEqual(1);
    const seriesMonths = (run.ports * 10 * run.polls * 300) / (30 * 86_400);
    expect(opened / seriesMonths).toBeLessThan(0.5);
  },
  120_000,
);
