/**
 * False alarms of exchangeable noise: nothing ever happens in it, so every anomaly is false. 1,000 series (100 ports
 * of 10 metrics) of 10,000 polls each, that is 35 days at 5 minutes; the seed is in the test's name.
 */
import { expect, it } from '@jest/globals';
import { catalogue } from '../../topics/catalogue.ts';
import { baselinedMetrics } from '../../pipeline/stages/baselined-metrics.ts';
import { DetectHarness } from '../support/detect-harness.ts';
import { normalFrom, randomFrom } from '../support/simulated-series.ts';

const PORTS = 100;
const POLLS = 10_000;
const METRICS = baselinedMetrics(catalogue).map(({ name }) => name);

const NOISES = {
  normal: normalFrom,
  // Both tails fall as e^-|x|.
  Laplace: (random: () => number) => (random() < 0.5 ? 1 : -1) * -Math.log(1 - random()),
} as const;

it.each([
  ['normal', 1],
  ['Laplace', 1],
] as const)(
  '%s noise with seed %s: at most one false alarm in ten million polls',
  (kind, seed) => {
    const random = randomFrom(seed);
    const noise = NOISES[kind];
    const harness = new DetectHarness();
    const names = Array.from({ length: PORTS }, (_, port) => `p${port}`);
    const columns = METRICS.map((metric) => harness.reading.number(metric));
    for (let poll = 0; poll < POLLS; poll += 1) {
      const atMs = Date.UTC(2026, 0, 5) + poll * 300_000;
      harness.pollColumns({ atMs, appendedAtMs: 4e12 }, names, () => {
        for (const { values } of columns) {
          for (let port = 0; port < PORTS; port += 1) values[port] = 1e9 + 1e8 * noise(random);
        }
      });
    }
    const opened = harness.take().filter(({ state }) => state === 'opened');
    expect(opened.length).toBeLessThanOrEqual(1);
  },
  120_000,
);
