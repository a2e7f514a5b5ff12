import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeSeconds, encodeSeconds } from '../../../pipeline/stages/baseline/log-seconds.ts';
import { statusColumns } from '../../../pipeline/stages/baseline/status-columns.ts';
import { columnBytes } from '../../../pipeline/model/state.ts';
import { DetectHarness, type Poll } from '../../support/detect-harness.ts';
import { maintenance } from '../../support/rule.ts';
import { randomFrom } from '../../support/random-from.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A multiple of 30 days since 1970: counts are halved here, and next in 30 days. */
const START = 680 * 30 * DAY;
const HALVED_EVERY_S = 30 * 86_400;

const UP = 1;
const DOWN = 2;

function poll(harness: DetectHarness, atMs: number, status: number, other: Partial<Poll> = {}) {
  harness.poll({ atMs, rows: { p1: { oper_status: status } }, ...other });
  const of = (column: string) => harness.number(`oper_status.${column}`);
  return {
    surprise: of('surprise'),
    dwellS: of('dwell_s'),
    dwellSurprise: of('dwell_surprise'),
    usualDwellS: of('usual_dwell_s'),
  };
}

/** A status that is `from` until `changesAt`, and `to` from there on. */
function runs(harness: DetectHarness, changes: readonly (readonly [number, number])[], stepMs: number) {
  const judged: (ReturnType<typeof poll> & { atMs: number })[] = [];
  for (const [index, [fromMs, status]] of changes.slice(0, -1).entries())
    for (let atMs = fromMs; atMs < changes[index + 1]![0]; atMs += stepMs)
      judged.push({ atMs, ...poll(harness, atMs, status, { appendedAtMs: atMs + DAY }) });
  return judged;
}

/** What the definition says, with plain numbers and without bounds. */
class Reference {
  readonly #times = new Map<number, number>();
  readonly #leaves = new Map<number, number>();
  readonly #pairs = new Map<string, number>();
  readonly #seen = new Set<number>();
  #now: number | undefined;
  #firstS = 0;
  #sinceS = 0;

  take(atS: number, value: number) {
    const now = this.#now;
    if (now === undefined) {
      this.#firstS = atS;
      this.#enter(atS, value);
      return undefined;
    }
    const dwell = atS - this.#sinceS;
    if (value !== now) this.#fade(atS);
    const leaves = this.#leaves.get(now) ?? 0;
    const time = this.#times.get(now) ?? 0;
    const dwellSurprise = (leaves + 0.5) * Math.log2((3600 + time + dwell) / (3600 + time));
    if (value === now) return { surprise: 0, dwellSurprise };
    const pair = `${now} ${value}`;
    const known = 3600 + time + dwell;
    const leaving = 1 - (known / (known + 3600)) ** (leaves + 0.5);
    const isNew = !this.#seen.has(value);
    const never = 1 - Math.sqrt((3600 + atS - this.#firstS) / (7200 + atS - this.#firstS));
    const going = ((this.#pairs.get(pair) ?? 0) + 0.5) / (leaves + 3.5);
    this.#times.set(now, time + dwell);
    this.#leaves.set(now, leaves + 1);
    this.#pairs.set(pair, (this.#pairs.get(pair) ?? 0) + 1);
    this.#enter(atS, value);
    return {
      surprise: Math.max(-Math.log2(leaving * going), isNew ? -Math.log2(never / 7) : 0),
      dwellSurprise,
    };
  }

  #enter(atS: number, value: number): void {
    this.#now = value;
    this.#seen.add(value);
    this.#sinceS = atS;
  }

  #fade(atS: number): void {
    const halvings = Math.floor(atS / HALVED_EVERY_S) - Math.floor(this.#sinceS / HALVED_EVERY_S);
    for (const map of [this.#times, this.#leaves, this.#pairs] as Map<unknown, number>[])
      for (const [key, value] of map) map.set(key, value / 2 ** halvings);
  }
}

describe('a status baseline', () => {
  it('is what its definition says, within a tenth of a bit', () => {
    const change = fc.record({
      afterS: fc.integer({ min: 5, max: 5 * 86_400 }),
      value: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 28 }), (changes) => {
        const harness = new DetectHarness();
        const reference = new Reference();
        let atS = START / 1000;
        for (const { afterS, value } of changes) {
          const expected = reference.take(atS, value);
          const found = poll(harness, atS * 1000, value);
          if (expected === undefined) expect(found.surprise).toBeNaN();
          else {
            // Counts fade in eighths, so after months they differ a little.
            expect(Math.abs(found.surprise - expected.surprise)).toBeLessThan(0.1);
            expect(Math.abs(found.dwellSurprise - expected.dwellSurprise)).toBeLessThan(
              0.05 + 0.05 * expected.dwellSurprise,
            );
          }
          atS += afterS;
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is surprised by the first transition in proportion to the time spent without one: a bit a doubling', () => {
    const first = (days: number): number => {
      const judged = runs(
        new DetectHarness(),
        [
          [START, UP],
          [START + days * DAY, DOWN],
          [START + days * DAY + MINUTE, UP],
        ],
        HOUR,
      );
      return judged.at(-1)!.surprise;
    };
    const bits = [1, 2, 4, 8, 16].map(first);
    for (let k = 1; k < bits.length; k += 1) expect(bits[k]! - bits[k - 1]!).toBeCloseTo(1, 1);
    // Half a departure in 25 hours, and one of seven places to go to.
    expect(bits[0]).toBeCloseTo(-Math.log2((1 - Math.sqrt(25 / 26)) / 7), 2);
  });

  it('is little surprised by what happens every day, and says so within a week', () => {
    const changes = Array.from({ length: 14 }, (_, day) => [
      [START + day * DAY, UP] as const,
      [START + day * DAY + 18 * HOUR, DOWN] as const,
    ]).flat();
    const judged = runs(new DetectHarness(), changes, 5 * MINUTE);
    const surprises = judged.filter(({ surprise }) => surprise > 0).map(({ surprise }) => surprise);
    expect(surprises).toHaveLength(26);
    expect(surprises[0]).toBeGreaterThan(7);
    for (const surprise of surprises.slice(14)) expect(surprise).toBeLessThan(5);
    const afterAWeek = judged.find(({ atMs }) => atMs === START + 7 * DAY + HOUR)!;
    expect(afterAWeek.usualDwellS / 3600).toBeCloseTo(18, 1);
  });

  it('finds it unlikely to stay longer than ever, the more the longer', () => {
    // Down for a minute each hour, ten times; then it stays down.
    const changes = Array.from({ length: 10 }, (_, k) => [
      [START + k * HOUR, UP] as const,
      [START + k * HOUR + 59 * MINUTE, DOWN] as const,
    ]).flat();
    const judged = runs(new DetectHarness(), [...changes, [START + 12 * HOUR, DOWN]], 5_000);
    const at = (ms: number) => judged.find(({ atMs }) => atMs === START + ms)!;
    const lost = 9 * HOUR + 59 * MINUTE;
    expect(at(lost + MINUTE).dwellSurprise).toBeLessThan(1);
    expect(at(lost + HOUR).dwellSurprise).toBeGreaterThan(8);
    expect(at(lost + 2 * HOUR).dwellSurprise).toBeGreaterThan(at(lost + HOUR).dwellSurprise + 3);
    expect(at(lost + HOUR).usualDwellS).toBeCloseTo(60, 0);
    expect(at(lost + HOUR).dwellS).toBe(3600);
  });

  it('says the same of polls of 5 s and of 5 minutes', () => {
    const random = randomFrom(23);
    const changes: [number, number][] = [];
    let atMs = START;
    for (let k = 0; k < 30; k += 1) {
      changes.push([atMs, k % 2 === 0 ? UP : k % 6 === 5 ? 7 : DOWN]);
      atMs += 5 * MINUTE * (1 + Math.floor(30 * random()));
    }
    const of = (stepMs: number) =>
      runs(new DetectHarness(), changes, stepMs).filter(({ surprise }) => surprise > 0);
    const [fine, coarse] = [of(5_000), of(5 * MINUTE)];
    expect(fine.length).toBe(28);
    expect(coarse).toEqual(fine);
  });

  it('forgets: what was usual months ago is as surprising as what never was', () => {
    const flapping = Array.from(
      { length: 40 },
      (_, k) => [START + k * HOUR, k % 2 === 0 ? UP : DOWN] as const,
    );
    const after = (days: number): number => {
      const quiet = [
        [START + 40 * HOUR, UP],
        [START + days * DAY, DOWN],
        [START + days * DAY + HOUR, UP],
      ] as const;
      return runs(new DetectHarness(), [...flapping, ...quiet], HOUR).at(-1)!.surprise;
    };
    expect(after(3)).toBeLessThan(4);
    const never = runs(
      new DetectHarness(),
      [
        [START, UP],
        [START + 200 * DAY, DOWN],
        [START + 200 * DAY + HOUR, UP],
      ],
      HOUR,
    ).at(-1)!.surprise;
    expect(never - after(200)).toBeLessThan(1.5);
  });

  it('is of a row whatever the quality of its rates, but not in maintenance, nor from before another site', () => {
    const harness = new DetectHarness();
    poll(harness, START, UP, { siteId: 1 });
    expect(poll(harness, START + DAY, DOWN, { quality: 'reset', siteId: 1 }).surprise).toBeGreaterThan(7);
    harness.rule(maintenance(START + 2 * DAY, START + 3 * DAY));
    expect(poll(harness, START + 2 * DAY, UP, { siteId: 1 }).surprise).toBeNaN();
    expect(poll(harness, START + 4 * DAY, DOWN, { siteId: 1 }).surprise).toBe(0);
    expect(poll(harness, START + 5 * DAY, UP, { siteId: 2 }).surprise).toBeNaN();
    expect(poll(harness, START + 6 * DAY, UP, { siteId: 2 }).usualDwellS).toBeNaN();
  });

  it.each([-1, 0.5, 255, 1e18, Number.POSITIVE_INFINITY])(
    'takes %d for no status, and counts it',
    (value) => {
      const harness = new DetectHarness();
      poll(harness, START, UP);
      expect(poll(harness, START + MINUTE, value).surprise).toBeNaN();
      expect(harness.outcomes.get('status_unusable')).toBe(1);
      expect(poll(harness, START + 2 * MINUTE, UP).surprise).toBe(0);
    },
  );

  it('is surprised by a value that it never had, however often it changes', () => {
    const harness = new DetectHarness();
    let atMs = START;
    for (let k = 0; k < 10_000; k += 1, atMs += MINUTE) poll(harness, atMs, k % 2 === 0 ? UP : DOWN);
    expect(poll(harness, atMs, UP).surprise).toBeLessThan(1);
    expect(poll(harness, atMs + MINUTE, 7).surprise).toBeGreaterThan(11);
    expect(poll(harness, atMs + 2 * MINUTE, UP).surprise).toBeLessThan(6);
    expect(poll(harness, atMs + 3 * MINUTE, 7).surprise).toBeLessThan(7);
  });

  it('knows as much as the time and the polls since its first value, and nothing after a move', () => {
    const harness = new DetectHarness();
    const confidence = (days: number, siteId = 1): number => {
      poll(harness, START + days * DAY, UP, { siteId });
      return harness.number('oper_status.confidence');
    };
    expect(confidence(0)).toBeNaN();
    expect(confidence(7)).toBeCloseTo(0.5 / 100);
    for (let k = 0; k < 98; k += 1) confidence(7);
    expect(confidence(7)).toBeCloseTo(0.5);
    expect(confidence(30)).toBe(1);
    expect(confidence(31, 2)).toBeNaN();
    expect(confidence(32, 2)).toBeLessThan(0.001);
  });

  it('is not of a port that is down, nor of a value that says that nothing is known, where the catalogue says so', () => {
    const harness = new DetectHarness();
    const surprise = (hours: number, duplex: number, oper_status = 1): number => {
      harness.poll({ atMs: START + hours * HOUR, rows: { p1: { duplex, oper_status } } });
      return harness.number('duplex.surprise');
    };
    surprise(0, 3);
    expect(surprise(1, 1)).toBeNaN();
    expect(surprise(2, 2, 2)).toBeNaN();
    expect(surprise(3, 3)).toBe(0);
    expect(surprise(200, 2)).toBeGreaterThan(10);
  });

  it('stays sane when clocks go back, when values have no end, and in a storm', () => {
    const harness = new DetectHarness();
    const random = randomFrom(29);
    poll(harness, START, UP);
    expect(poll(harness, START - DAY, UP)).toMatchObject({ dwellS: 0, dwellSurprise: 0 });
    for (let k = 1; k < 20_000; k += 1) {
      const { surprise, dwellSurprise } = poll(harness, START + k * MINUTE, Math.floor(200 * random()));
      expect(surprise).toBeGreaterThanOrEqual(0);
      expect(surprise).toBeLessThan(30);
      expect(dwellSurprise).toBeGreaterThanOrEqual(0);
    }
  });

  it('takes 83 bytes a series', () => {
    const bytes = statusColumns('oper_status').map(({ type, width = 1 }) => columnBytes(type) * width);
    expect(bytes.reduce((sum, each) => sum + each, 0)).toBe(83);
  });
});

describe('seconds in 16 bits', () => {
  it('are right within 0.02 %, or half a thousandth of a second', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 4.2e9, noNaN: true }), (seconds) => {
        const decoded = decodeSeconds(encodeSeconds(seconds));
        expect(Math.abs(decoded - seconds)).toBeLessThanOrEqual(0.000_2 * (1 + seconds));
      }),
    );
  });
});
