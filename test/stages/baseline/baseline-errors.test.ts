/**
 * What insight.baseline says of six weeks of values, against the values' own distribution (simple-statistics). The bounds
 * are those of docs/baselines.md.
 */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { max, mean, quantile, standardDeviation } from 'simple-statistics';
import { catalogue, withFields } from '../../../topics/catalogue.ts';
import type { BaselineRecord } from '../../../topics/insight.ts';
import { DetectHarness } from '../../support/detect-harness.ts';
import { documentedTable } from '../../support/documented-table.ts';
import { randomFrom } from '../../support/random-from.ts';
import { normalFrom, poissonFrom } from '../../support/simulated-series.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const STEP = 300_000;
const TICK = 5_000;
const START = Date.UTC(2026, 0, 5);
const END = START + 42 * DAY;

type Random = () => number;
type Row = BaselineRecord['rows'][number];
type Published = Row['cells'][number] | Row['periods'][number];

/** Half of the mean at midnight, half as much again at noon. */
const dayFactor = (hour: number): number => 1 - 0.5 * Math.cos((2 * Math.PI * (hour + 0.5)) / 24);
const exponential = (random: Random): number => -20 * Math.log(1 - random());

/** By the name that the page has for them: a value in an hour of the day. */
const VALUES: Readonly<Record<string, (random: Random, hour: number) => number>> = {
  normal: (random) => 100 + 10 * normalFrom(random),
  'normal with a day': (random, hour) => 100 * dayFactor(hour) * (1 + 0.1 * normalFrom(random)),
  'normal with office hours': (random, hour) =>
    (hour >= 8 && hour < 18 ? 100 : 20) * (1 + 0.1 * normalFrom(random)),
  uniform: (random) => 100 * random(),
  'Student t, 3 degrees': (random) => {
    const chi = normalFrom(random) ** 2 + normalFrom(random) ** 2 + normalFrom(random) ** 2;
    return 100 + (10 * normalFrom(random)) / Math.sqrt(chi / 3);
  },
  'Poisson, 3 a poll': (random) => poissonFrom(random, 3),
  'two levels, 80 : 20': (random) => (random() < 0.8 ? 10 : 50) + normalFrom(random),
  exponential,
  'exponential with a day': (random, hour) => dayFactor(hour) * exponential(random),
  'log-normal': (random) => 20 * Math.exp(normalFrom(random)),
};

const FIGURES = ['mean', 'stddev', 'median', 'p5', 'p95', 'p99'] as const;
type Figure = (typeof FIGURES)[number];

const KINDS = {
  'hour of the day': (cell: Published) => 'hour_of_day' in cell && cell.day_of_week === null,
  'hour of the week': (cell: Published) => 'hour_of_day' in cell && cell.day_of_week !== null,
  daily: (cell: Published) => 'time_period' in cell && cell.time_period === 'daily',
  weekly: (cell: Published) => 'time_period' in cell && cell.time_period === 'weekly',
} as const;

/** Error of each published figure in standard deviations of the values, by values, kind and figure. */
const errors = new Map<string, number[]>();
const errorsOf = (values: string, kind: string, figure: Figure) => errors.get(`${values} ${kind} ${figure}`)!;

beforeAll(() => {
  const wider = withFields(catalogue, 'metric.interface', [
    { name: 'any', type: 'double', kind: 'gauge', baseline: true, doc: 'A gauge.' },
  ]);
  const harness = new DetectHarness({ catalogue: wider, baseline: { spreadMs: TICK } });
  const random = randomFrom(5);
  const names = Object.keys(VALUES);
  for (let atMs = START; atMs <= END; atMs += STEP) {
    const hour = Math.floor((atMs % DAY) / HOUR);
    const rows = names.map((name) => [name, { any: VALUES[name]!(random, hour) }] as const);
    harness.poll({ atMs, appendedAtMs: END + 50, rows: Object.fromEntries(rows) });
  }
  for (let k = 1; k <= 30; k += 1) harness.tick(END + k * TICK);
  for (const name of names) {
    const exact = exactStatistics(VALUES[name]!);
    const rows = harness.baselines.flatMap((record) =>
      record.rows.filter(({ interface_name }) => interface_name === name),
    );
    for (const cell of rows.flatMap((row): Published[] => [...row.cells, ...row.periods])) {
      const kind = Object.entries(KINDS).find(([, is]) => is(cell))![0];
      const truth = exact['hour_of_day' in cell ? cell.hour_of_day : 24]!;
      for (const figure of FIGURES) {
        const error = (cell[`baseline_${figure}`]! - truth[figure]) / truth.stddev;
        const key = `${name} ${kind} ${figure}`;
        errors.set(key, [...(errors.get(key) ?? []), error]);
      }
    }
  }
}, 120_000);

/** Of each hour of the day, and of all together: from 10,000 values an hour. */
function exactStatistics(draw: (random: Random, hour: number) => number): Record<Figure, number>[] {
  const random = randomFrom(99);
  const hours = Array.from({ length: 24 }, (_, hour) =>
    Array.from({ length: 10_000 }, () => draw(random, hour)),
  );
  return [...hours, hours.flat()].map((values) => ({
    mean: mean(values),
    stddev: standardDeviation(values),
    median: quantile(values, 0.5),
    p5: quantile(values, 0.05),
    p95: quantile(values, 0.95),
    p99: quantile(values, 0.99),
  }));
}

const SYSTEMATIC = documentedTable('baselines.md', 'Systematic errors');
const SCATTER = documentedTable('baselines.md', 'Scatter');

describe('published baselines', () => {
  it('are of all cells: 24 hours of the day, 168 of the week, the day and seven weekdays', () => {
    for (const values of Object.keys(VALUES))
      expect(Object.keys(KINDS).map((kind) => errorsOf(values, kind, 'mean').length)).toEqual([
        24, 168, 1, 7,
      ]);
  });

  it('are documented for all of these values', () => {
    expect(SYSTEMATIC.map(([values]) => values)).toEqual(Object.keys(VALUES));
    expect(SCATTER.map(([kind]) => kind)).toEqual(Object.keys(KINDS));
  });

  it.each(SYSTEMATIC)('of %s have no larger errors, on average, than is documented', (values, ...bounds) => {
    for (const [index, figure] of FIGURES.entries()) {
      const found = Object.keys(KINDS).map((kind) => mean(errorsOf(values, kind, figure)));
      const bound = Number(bounds[index]);
      const worst = max(found.map(Math.abs));
      expect([figure, worst <= bound ? 'within' : worst]).toEqual([figure, 'within']);
      // And what is documented is no more than it needs to be.
      expect([figure, bound <= 0.1 || worst > bound / 2 ? 'near' : worst]).toEqual([figure, 'near']);
    }
  });

  it.each(SCATTER)('of one %s of normal values scatter no wider than is documented', (kind, ...bounds) => {
    for (const [index, figure] of FIGURES.entries()) {
      const worst = max(errorsOf('normal', kind, figure).map(Math.abs));
      expect([figure, worst <= Number(bounds[index]) ? 'within' : worst]).toEqual([figure, 'within']);
    }
  });
});
