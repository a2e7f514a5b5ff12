/** A measured figure: runs, median, spread, and what it should reach. Ratios are taken within one run. */

/** A ratio sets parts of one run against each other and travels between machines; an absolute figure does not. */
export type FigureKind = 'ratio' | 'absolute';

export interface Target {
  readonly better: 'higher' | 'lower';
  /** To be reached first; nothing is to be reached without it. */
  readonly atLeast?: number;
  /** What comes after that. */
  readonly then?: number;
}

export interface Figure {
  /** Unique in a run: "<bench>: <what>". */
  readonly name: string;
  readonly unit: string;
  readonly kind: FigureKind;
  readonly runs: number;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly target?: Target;
}

/**
 * The figure of these values, one a run.
 * @throws RangeError without values, or when one of them is not finite: such a run was not measured.
 */
export function figure(name: string, unit: string, values: readonly number[], target?: Target): Figure {
  if (values.length === 0 || !values.every(Number.isFinite))
    throw new RangeError(`${name} was not measured: ${JSON.stringify(values)}`);
  const sorted = [...values].sort((a, b) => a - b);
  return {
    name,
    unit,
    kind: unit === 'ratio' ? 'ratio' : 'absolute',
    runs: sorted.length,
    median: medianOf(sorted),
    min: sorted[0]!,
    max: sorted.at(-1)!,
    ...(target && { target }),
  };
}

function medianOf(sorted: readonly number[]): number {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export type Reached = 'then' | 'at least' | 'missed';

/** Whether the median reaches the target; undefined where there is none. */
export function reached({ median, target }: Figure): Reached | undefined {
  if (target?.atLeast === undefined) return undefined;
  const { better, atLeast, then } = target;
  const meets = (bound: number): boolean => (better === 'higher' ? median >= bound : median <= bound);
  if (then !== undefined && meets(then)) return 'then';
  return meets(atLeast) ? 'at least' : 'missed';
}

export function figureLine(of: Figure): string {
  const { name, unit, median, min, max, runs } = of;
  const verdict = reached(of);
  const target = verdict === undefined ? '' : `  ${targetText(of.target!)}: ${verdict}`;
  return `${name.padEnd(60)} ${formatted(median).padStart(12)} ${unit.padEnd(16)} ${formatted(min)} - ${formatted(max)} (${runs} runs)${target}`;
}

/** "at least 0.8, then 1.2", or "at most ..." where less is better; empty where nothing is to be reached. */
export function targetText({ better, atLeast, then }: Target): string {
  if (atLeast === undefined) return '';
  const first = `at ${better === 'higher' ? 'least' : 'most'} ${formatted(atLeast)}`;
  return then === undefined ? first : `${first}, then ${formatted(then)}`;
}

/** Three digits, or whole with thousands marked. */
export function formatted(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return value === 0 ? '0' : value.toPrecision(3);
}
