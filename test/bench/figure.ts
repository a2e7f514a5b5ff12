/** A measured figure: runs, median, spread. Ratios are taken within one run. */

export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly runs: number;
}

export function figure(name: string, unit: string, values: readonly number[]): Figure {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { name, unit, median, min: sorted[0]!, max: sorted.at(-1)!, runs: sorted.length };
}

export function figureLine({ name, unit, median, min, max, runs }: Figure): string {
  return `${name.padEnd(44)} ${format(median).padStart(12)} ${unit.padEnd(14)} ${format(min)} - ${format(max)} (${runs} runs)`;
}

function format(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3);
}
