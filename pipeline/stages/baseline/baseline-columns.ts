/**
 * The state of one baselined series, about 2.2 KB: 206 bytes that every poll touches, 192 seasonal cells of 9 bytes, of
 * which a poll reads four, and 48 means of half hours of 5 bytes, of which it changes one. All columns of a metric grow
 * together, so their arrays are looked up once a segment.
 */
import type { ColumnMarks } from '../../model/state-marks.ts';
import {
  SEGMENT_BITS,
  type ColumnArray,
  type ColumnDeclaration,
  type StateColumn,
} from '../../model/state.ts';
import { QUANTILE_BUCKETS } from './residual-quantiles.ts';
import type { StateContext } from '../stage.ts';

/** Nothing beyond it is a value: float32 ends at 3.4e38. */
export const MAX_VALUE = 1e38;

export const DAY_CELLS = 24;
export const WEEK_CELLS = 168;
export const HALF_HOUR_CELLS = 48;

type F32Field = keyof typeof F32_FIELDS;

/** Values of a series by what they are for. Seconds weigh polls, so that 60 polls of 5 s count like one of 300 s. */
const F32_FIELDS = {
  /** Decaying mean, without seasons. */
  level: Number.NaN,
  /** Learned from, in total. */
  seconds: 0,
  /** Decaying mean distance from the level, from the hour-of-day and from the hour-of-week expectation. */
  level_error: 0,
  day_error: Number.NaN,
  week_error: Number.NaN,
  /** The open visit: what will be folded into its two cells once when its hour is over. */
  visit_seconds: 0,
  visit_day_mean: 0,
  visit_day_deviation: 0,
  visit_week_mean: 0,
  visit_week_deviation: 0,
  /** How much wider the residuals' tails are than their mean deviation says, at least 1. */
  spread: 1,
  /** The run of polls that are off on one side, a level shift if it lasts: its time, and means of what was seen and expected. */
  run_length_s: 0,
  run_mean: 0,
  run_expected_mean: 0,
  /** Variance of what was expected in it, and covariance with what was seen. */
  run_variance: 0,
  run_covariance: 0,
} as const;

const PLAIN = { scope: 'series', group: 'hot' } as const;

const OTHER_FIELDS = {
  /** What its cells know begins here: seconds since 1970. */
  since: { ...PLAIN, name: 'since', type: 'u32' },
  /** Number of the visit's wall-clock hour. */
  visit_hour: { ...PLAIN, name: 'visit_hour', type: 'u32' },
  /** Learned from, up to 65,535. */
  polls: { ...PLAIN, name: 'polls', type: 'u16' },
  /** Length of the run, negative below the expectation. */
  run_polls: { ...PLAIN, name: 'run_polls', type: 'i32' },
  residuals: { ...PLAIN, name: 'residuals', type: 'f32', width: QUANTILE_BUCKETS },
  day_mean: { scope: 'series', group: 'cell', name: 'day_mean', type: 'f32', width: DAY_CELLS },
  day_deviation: { scope: 'series', group: 'cell', name: 'day_deviation', type: 'f32', width: DAY_CELLS },
  day_visits: { scope: 'series', group: 'cell', name: 'day_visits', type: 'u8', width: DAY_CELLS },
  week_mean: { scope: 'series', group: 'cell', name: 'week_mean', type: 'f32', width: WEEK_CELLS },
  week_deviation: { scope: 'series', group: 'cell', name: 'week_deviation', type: 'f32', width: WEEK_CELLS },
  week_visits: { scope: 'series', group: 'cell', name: 'week_visits', type: 'u8', width: WEEK_CELLS },
  half_mean: { scope: 'series', group: 'cell', name: 'half_mean', type: 'f32', width: HALF_HOUR_CELLS },
  half_polls: { scope: 'series', group: 'cell', name: 'half_polls', type: 'u8', width: HALF_HOUR_CELLS },
} as const satisfies Record<string, ColumnDeclaration>;

/** The arrays of one segment. Cells: `k * capacity + slot within the segment`. */
export type SeriesArrays = { readonly [F in F32Field]: Float32Array } & {
  readonly [F in keyof typeof OTHER_FIELDS]: ColumnArray<(typeof OTHER_FIELDS)[F]['type']>;
} & {
  readonly capacity: number;
  /** Of the segment: what is added to a slot within it for the marks. */
  readonly firstSlot: number;
  /** Whoever writes cells says so before. */
  readonly dayMarks: ColumnMarks;
  readonly weekMarks: ColumnMarks;
  readonly halfMarks: ColumnMarks;
};

const declarations: readonly ColumnDeclaration[] = [
  ...Object.entries(F32_FIELDS).map(([name, initial]) => ({ ...PLAIN, name, type: 'f32' as const, initial })),
  ...Object.values(OTHER_FIELDS),
];

/** What has the series: each row, or each entity as a whole. Slots are those of rows or of entities. */
export type SeriesOwner = 'row' | 'entity';

export function baselineColumns(metric: string, owner: SeriesOwner = 'row'): ColumnDeclaration[] {
  return declarations.map((declaration) =>
    owner === 'row'
      ? { ...declaration, metric }
      : { ...declaration, metric, scope: 'entity', name: `total_${declaration.name}` },
  );
}

/** All columns of one metric. */
export class SeriesColumns {
  readonly #columns: readonly StateColumn[];
  readonly #bound: (SeriesArrays | undefined)[] = [];

  constructor(context: Pick<StateContext, 'column'>, metric: string, owner: SeriesOwner = 'row') {
    this.#columns = baselineColumns(metric, owner).map((declaration) => context.column(declaration));
  }

  /** The arrays that hold `slot`, valid until the state grows. */
  arraysOf(slot: number): SeriesArrays {
    const segment = slot >>> SEGMENT_BITS;
    const bound = this.#bound[segment];
    return bound !== undefined && bound.level === this.#columns[0]!.segments[segment]
      ? bound
      : this.#bind(segment);
  }

  /** Apart from `arraysOf`, which is called for each series and small enough to be inlined. */
  #bind(segment: number): SeriesArrays {
    const column = (of: string) => this.#columns[declarations.findIndex(({ name }) => name === of)]!;
    const arrays = Object.fromEntries(
      declarations.map(({ name }, index) => [name, this.#columns[index]!.segments[segment]]),
    );
    return (this.#bound[segment] = {
      ...arrays,
      capacity: this.#columns[0]!.capacities[segment]!,
      firstSlot: segment << SEGMENT_BITS,
      dayMarks: column('day_mean').marks,
      weekMarks: column('week_mean').marks,
      halfMarks: column('half_mean').marks,
    } as SeriesArrays);
  }
}
