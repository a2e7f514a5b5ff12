/** One sentence for people about an anomaly. */

/** UCUM units as people write them; others stay as they are, without braces. */
const SPOKEN: Readonly<Record<string, string>> = {
  'bit/s': 'bit/s',
  '%': '%',
  '[ppm]': 'ppm',
  By: 'B',
};
const PREFIXES = [
  { from: 1e12, prefix: 'T' },
  { from: 1e9, prefix: 'G' },
  { from: 1e6, prefix: 'M' },
  { from: 1e3, prefix: 'k' },
] as const;

/** Three significant digits with k, M, G, T and the unit: `3.12 Gbit/s`, `0.4 error/s`. */
export function spoken(value: number, unit: string | null): string {
  const name = unit === null ? '' : (SPOKEN[unit] ?? unit.replace(/[{}]/g, ''));
  const size = Math.abs(value);
  const { from, prefix } = PREFIXES.find((candidate) => size >= candidate.from) ?? { from: 1, prefix: '' };
  const digits = Number((value / from).toPrecision(3)).toString();
  return name === '%' ? `${digits}%` : `${digits} ${prefix}${name}`.trimEnd();
}

export function describeDeviation(
  metric: string,
  unit: string | null,
  instance: string,
  value: number,
  expected: number,
  sigma: number,
): string {
  const side = sigma > 0 ? 'above' : 'below';
  return (
    `${metric} of ${instance} is ${spoken(value, unit)}, ${Math.abs(sigma).toFixed(1)} sigma ${side} ` +
    `the ${spoken(expected, unit)} expected at this hour.`
  );
}

export function describeFlatline(
  metric: string,
  unit: string | null,
  instance: string,
  value: number,
  seconds: number,
  longestSeconds: number,
): string {
  return (
    `${metric} of ${instance} has been exactly ${spoken(value, unit)} for ${minutes(seconds)}; ` +
    `it never stood still for longer than ${minutes(longestSeconds)} before.`
  );
}

export function describeDown(instance: string, state: string): string {
  return `oper_status of ${instance} went from up to ${state} while admin_status is up.`;
}

function minutes(seconds: number): string {
  return seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
