/** The values of one metric of an entity's rows as one value, built up over the parts of a poll. */
import type { Aggregate } from '../../../topics/row.ts';
import type { StateColumn } from '../../model/state.ts';

/** Of a total, what may come from expectations. */
const MAX_ESTIMATED_SHARE = 0.1;
/** Numbers of a total that wait for the next part of a poll. */
export const TOTAL_WIDTH = 6;

export class RowTotal {
  /** Sum or maximum over all rows that count, those whose value is only expected included. */
  total = 0;
  rows = 0;
  /** Rows with a value of their own, and the longest time that one of these covers. */
  seen = 0;
  seconds = 0;
  /** Sums of distances from 0: of all rows, and of those whose value is only expected. */
  magnitude = 0;
  estimated = 0;

  begin(aggregate: Aggregate): void {
    this.total = aggregate === 'max' ? -Infinity : 0;
    this.rows = 0;
    this.seen = 0;
    this.seconds = 0;
    this.magnitude = 0;
    this.estimated = 0;
  }

  load(from: StateColumn<'f64'>, slot: number): void {
    this.total = from.get(slot, 0);
    this.rows = from.get(slot, 1);
    this.seen = from.get(slot, 2);
    this.seconds = from.get(slot, 3);
    this.magnitude = from.get(slot, 4);
    this.estimated = from.get(slot, 5);
  }

  store(to: StateColumn<'f64'>, slot: number): void {
    to.set(slot, this.total, 0);
    to.set(slot, this.rows, 1);
    to.set(slot, this.seen, 2);
    to.set(slot, this.seconds, 3);
    to.set(slot, this.magnitude, 4);
    to.set(slot, this.estimated, 5);
  }

  /** Enough of it was seen. */
  get isKnown(): boolean {
    return this.seen > 0 && this.estimated <= MAX_ESTIMATED_SHARE * this.magnitude;
  }

  valueBy(aggregate: Aggregate): number {
    return aggregate === 'mean' ? this.total / this.rows : this.total;
  }
}
