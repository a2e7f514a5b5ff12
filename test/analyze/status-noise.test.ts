/** How often statuses on which nothing is wrong are called anomalies: docs/detection.md states it. */
import { describe, expect, it } from '@jest/globals';
import { analyzed, DAY_MS, every, newAnalysis, START_MS } from '../support/analyzed.ts';
import { randomFrom } from '../support/random-from.ts';

const HOUR = 3_600_000;
const WEEK = 7 * DAY_MS;
const WEEKS = 12;
const LEARNED_WEEKS = 3;
const SEED = 20261121;

/** The state at so many milliseconds after the start, which only rise. */
type Status = (ms: number) => number;

const regular: Record<string, Status> = {
  'every night': (ms) => Number((ms / HOUR) % 24 < 5),
  'office hours': (ms) => Number((ms % WEEK) / DAY_MS < 5 && (ms / HOUR) % 24 >= 8 && (ms / HOUR) % 24 < 18),
  'every 20 minutes': (ms) => Math.floor(ms / 1_200_000) % 2,
  'every poll': (ms) => Math.floor(ms / 300_000) % 2,
};

/** In state 0 for `upMs` on average, in 1 for `downMs`, both exponential. */
function exponential(random: () => number, upMs: number, downMs: number): Status {
  const stay = (meanMs: number): number => -meanMs * Math.log(1 - random());
  let state = 0;
  let untilMs = stay(upMs);
  return (ms) => {
    for (; ms >= untilMs; untilMs += stay(state === 0 ? upMs : downMs)) state = 1 - state;
    return state;
  };
}

function warnings(series: number, of: (random: () => number) => Status): number {
  const random = randomFrom(SEED);
  const samples = Array.from({ length: series }, (_, k) => {
    const status = of(random);
    const values = [...every(300_000, 7 * WEEKS, (atMs) => status(atMs - START_MS))];
    return { instance: `i${k}`, kind: 'status' as const, values };
  });
  const { found } = analyzed(samples, newAnalysis());
  const counted = found.filter(
    ({ record }) => record.severity !== 'info' && record.opened_at > START_MS + LEARNED_WEEKS * WEEK,
  );
  return counted.length / series / (WEEKS - LEARNED_WEEKS);
}

describe(`statuses on which nothing is wrong (seed ${SEED})`, () => {
  it.each(Object.entries(regular))(
    'that change %s are never anomalies, from the first day on',
    (_, status) => {
      const values = every(300_000, 7 * WEEKS, (atMs) => status(atMs - START_MS));
      expect(analyzed([{ kind: 'status', values }]).found).toEqual([]);
    },
  );

  it('that change once a week are news the first time only', () => {
    const values = every(300_000, 7 * WEEKS, (atMs) => Number((atMs - START_MS) % WEEK < HOUR));
    const { found } = analyzed([{ kind: 'status', values }]);
    expect(found.length).toBeLessThanOrEqual(1);
  });

  it.each([
    [HOUR, HOUR],
    [12 * HOUR, HOUR / 2],
    [3 * DAY_MS, HOUR],
    [14 * DAY_MS, HOUR],
  ])(
    'that change at random, after %d and %d ms, are at most 0.2 warnings a series and week',
    (upMs, downMs) => {
      expect(warnings(30, (random) => exponential(random, upMs, downMs))).toBeLessThanOrEqual(0.2);
    },
  );
});
