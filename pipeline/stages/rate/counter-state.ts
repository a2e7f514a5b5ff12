/** The last sample of one counter of every row, as state columns. */
import type { ColumnDeclaration, ColumnType, StateColumn } from '../../model/state.ts';
import type { CounterPlan } from './rate-plan.ts';
import type { StageContext } from '../stage.ts';

export const TWO_32 = 2 ** 32;

// The form of a sample, one byte: its width, and what is known of the counter.
export const WIDTH = 3;
export const NONE = 0;
export const NARROW = 1;
export const WIDE = 2;
/** The low half was read beside the wide counter. */
export const LOW_READ = 4;
/** Not of the time of the row's sample: `heldAt` says when it was taken. */
export const HELD = 8;
/** Was wide once and had to become narrow. */
export const LAPSED = 16;
/** Narrow until the agent restarts or the row becomes another interface. */
export const PINNED = 32;
/** For how many polls in a row the wide counter stood still while its low half moved: 0 to 3. */
export const FROZEN = 192;
export const FROZEN_ONE = 64;

/** Values of 2^63 and more are no counters (Avro and SQL are signed; all ones means "not supported"). */
const WIDE_HI_LIMIT = 2 ** 31;

/** What the high half of a value must be below. */
export function hiLimit({ width }: CounterPlan): number {
  return width === 64 ? WIDE_HI_LIMIT : 1;
}

export interface CounterState {
  readonly hi: StateColumn<'u32'>;
  readonly lo: StateColumn<'u32'>;
  /** The 32-bit counter beside a wide one; a narrow counter is in `lo`. */
  readonly low: StateColumn<'u32'>;
  readonly form: StateColumn<'u8'>;
  /** The entity's clock, for samples that are HELD. */
  readonly heldAt: StateColumn<'f64'>;
}

export function counterState(context: StageContext, plan: CounterPlan): CounterState {
  const columns = declarations(plan);
  return {
    hi: context.column(columns.hi),
    lo: context.column(columns.lo),
    low: context.column(columns.low),
    form: context.column(columns.form),
    heldAt: context.column(columns.heldAt),
  };
}

export function counterColumns(plan: CounterPlan): ColumnDeclaration[] {
  return Object.values(declarations(plan));
}

function declarations({ name }: CounterPlan) {
  return {
    hi: seriesColumn('hi', 'u32', name),
    lo: seriesColumn('lo', 'u32', name),
    low: seriesColumn('low', 'u32', name),
    form: seriesColumn('form', 'u8', name),
    heldAt: seriesColumn('held_at', 'f64', name),
  };
}

function seriesColumn<T extends ColumnType>(name: string, type: T, metric: string): ColumnDeclaration<T> {
  return { name, type, metric, scope: 'series', group: 'hot' };
}
