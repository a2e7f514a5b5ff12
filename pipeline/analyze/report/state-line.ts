/**
 * A status in one line of text: the state that it is mostly in as a line, each other one as a letter or its digit. Heights
 * would say that one state is more than another.
 */
import type { Bucket } from '../envelope.ts';
import { GAP, type DrawnColumns } from './drawn-columns.ts';

const USUAL = '─';
/** States beyond those that have a sign. */
const OTHER = '?';
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

export interface StateLine {
  readonly line: string;
  /** What each sign stands for. */
  readonly legend: string;
}

/** `nameOf`: a state, by the value that is drawn for it. */
export function stateLine(
  { buckets, isMarked }: Pick<DrawnColumns, 'buckets' | 'isMarked'>,
  nameOf: (value: number) => string,
): StateLine {
  const counts = statesOf(buckets.flat());
  const byCount = [...counts].sort(([, a], [, b]) => b - a).map(([value]) => value);
  const signs = signsOf(byCount, nameOf);
  const shown = buckets.map((within, column) => {
    const here = [...statesOf(within)].sort(([, a], [, b]) => b - a).map(([value]) => value);
    if (!isMarked[column]) return here[0];
    // What is marked is mostly what is rare elsewhere.
    return here.reduce<number | undefined>(
      (rarest, value) => (rarest === undefined || counts.get(value)! < counts.get(rarest)! ? value : rarest),
      undefined,
    );
  });
  const seen = byCount.filter((value) => shown.includes(value));
  return {
    line: shown.map((value) => (value === undefined ? GAP : signs.get(value)!)).join(''),
    legend: seen.map((value) => legendOf(signs.get(value)!, nameOf(value))).join(', '),
  };
}

function legendOf(sign: string, name: string): string {
  return sign === name ? name : `${sign} ${name}`;
}

/** How many values each state has. A bucket tells its two farthest; of two states its mean tells how many of each. */
function statesOf(buckets: readonly Bucket[]): Map<number, number> {
  const counts = new Map<number, number>();
  const add = (value: number, count: number): void =>
    void counts.set(value, (counts.get(value) ?? 0) + count);
  for (const { least, largest, mean, count } of buckets) {
    const share = least === largest ? 0 : (mean - least) / (largest - least);
    add(least, (1 - share) * count);
    if (least !== largest) add(largest, share * count);
  }
  return counts;
}

/** The first is the usual one. Others have their own digit or first letter, or one that is free. */
function signsOf(values: readonly number[], nameOf: (value: number) => string): ReadonlyMap<number, string> {
  const signs = new Map<number, string>();
  const free = new Set(LETTERS);
  for (const [at, value] of values.entries()) {
    const name = nameOf(value);
    const own = /^\d$/.test(name)
      ? name
      : [...Array.from(name.toLowerCase()), ...free].find((letter) => free.has(letter));
    const sign = at === 0 ? USUAL : (own ?? OTHER);
    free.delete(sign);
    signs.set(value, sign);
  }
  return signs;
}
