/** The state of one status series: 83 bytes, whatever its values do. */
import {
  SEGMENT_BITS,
  type ColumnArray,
  type ColumnDeclaration,
  type StateColumn,
} from '../../model/state.ts';
import type { StageContext } from '../stage.ts';

/** Values of a status that are told apart. */
export const STATUS_VALUES = 8;
/** Pairs of values, one after the other, that are counted: the rarest makes room for a new one. */
export const STATUS_PAIRS = 12;

const HOT = { scope: 'series', group: 'hot' } as const;

const FIELDS = {
  /** Number of the present value in `status_values`, from 1; 0 before the first. */
  status_now: { ...HOT, name: 'status_now', type: 'u8' },
  /** Since when: seconds since 1970. */
  status_since: { ...HOT, name: 'status_since', type: 'u32' },
  /** The first value of all: seconds since 1970. */
  status_first: { ...HOT, name: 'status_first', type: 'u32' },
  status_polls: { ...HOT, name: 'status_polls', type: 'u16' },
  /** The values in the order in which they came first, plus 1; 0 = free. */
  status_values: { ...HOT, name: 'status_values', type: 'u8', width: STATUS_VALUES },
  /** Time spent in each value until it was left, see `log-seconds.ts`; fades. */
  status_times: { ...HOT, name: 'status_times', type: 'u16', width: STATUS_VALUES },
  /** The longest time at a stretch, likewise; fades. */
  status_longest: { ...HOT, name: 'status_longest', type: 'u16', width: STATUS_VALUES },
  /** How often each was left, in eighths; fades. */
  status_leaves: { ...HOT, name: 'status_leaves', type: 'u8', width: STATUS_VALUES },
  /** 8 x number of the value that was left + number of the next, plus 1; 0 = free. */
  status_pairs: { ...HOT, name: 'status_pairs', type: 'u8', width: STATUS_PAIRS },
  /** How often, in eighths; fades. */
  status_counts: { ...HOT, name: 'status_counts', type: 'u8', width: STATUS_PAIRS },
} as const satisfies Record<string, ColumnDeclaration>;

/** The arrays of one segment; of slot s, value k lies at `s * width + k`. */
export type StatusArrays = {
  readonly [F in keyof typeof FIELDS]: ColumnArray<(typeof FIELDS)[F]['type']>;
};

export function statusColumns(metric: string): ColumnDeclaration[] {
  return Object.values(FIELDS).map((field) => ({ ...field, metric }));
}

export class StatusColumns {
  readonly #columns: readonly StateColumn[];
  readonly #bound: (StatusArrays | undefined)[] = [];

  constructor(context: StageContext, metric: string) {
    this.#columns = statusColumns(metric).map((declaration) => context.column(declaration));
  }

  /** The arrays that hold `slot`, valid until the state grows. */
  arraysOf(slot: number): StatusArrays {
    const segment = slot >>> SEGMENT_BITS;
    const bound = this.#bound[segment];
    return bound !== undefined && bound.status_now === this.#columns[0]!.segments[segment]
      ? bound
      : this.#bind(segment);
  }

  #bind(segment: number): StatusArrays {
    return (this.#bound[segment] = Object.fromEntries(
      this.#columns.map(({ declaration, segments }) => [declaration.name, segments[segment]]),
    ) as unknown as StatusArrays);
  }
}
