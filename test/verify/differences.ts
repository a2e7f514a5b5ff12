/** What a verification finds: counted all, kept the first few. */
import type { Located } from './records.ts';

export interface Difference {
  /** different, missing (expected, not found), twice, unexpected (found, not expected). */
  readonly kind: 'different' | 'missing' | 'twice' | 'unexpected';
  /** A topic or a table. */
  readonly where: string;
  /** Of the record itself, or of the one that it should have come from. */
  readonly topic?: string;
  readonly partition?: number;
  readonly offset?: string;
  /** The entity, or the key of a table's row. */
  readonly key: string;
  readonly row?: number;
  readonly field?: string;
  readonly expected?: string;
  readonly found?: string;
}

const KEPT = 20;
/** Doubles that are not the same bits, but as good as. */
const TOLERANCE = 1e-12;

export class Differences {
  readonly first: Difference[] = [];
  total = 0;
  /** Numbers that were bit-equal. */
  exact = 0;
  /** Numbers that were not, but within a relative 1e-12. */
  rounded = 0;

  add(difference: Difference): void {
    this.total += 1;
    if (this.first.length < KEPT) this.first.push(difference);
  }

  /** Whether both are the same; null and absent are, numbers within 1e-12. */
  same(expected: unknown, found: unknown): boolean {
    const wanted = expected ?? null;
    const there = found ?? null;
    if (typeof wanted === 'number' && typeof there === 'number') {
      if (wanted === there) {
        this.exact += 1;
        return true;
      }
      if (!(Math.abs(wanted - there) <= TOLERANCE * Math.max(Math.abs(wanted), Math.abs(there))))
        return false;
      this.rounded += 1;
      return true;
    }
    return wanted === there;
  }
}

/** Where a record lay, for a difference. */
export function at({
  topic,
  partition,
  offset,
}: Pick<Located<unknown>, 'topic' | 'partition' | 'offset'>): Pick<
  Difference,
  'topic' | 'partition' | 'offset'
> {
  return { topic, partition, offset: String(offset) };
}

/** A value as a report shows it. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'bigint') return `${value}`;
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? `${part}` : part));
}
