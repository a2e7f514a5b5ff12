/** One sentence for people about an anomaly. */

const PREFIXES = [
  { from: 1e12, prefix: 'T' },
  { from: 1e9, prefix: 'G' },
  { from: 1e6, prefix: 'M' },
  { from: 1e3, prefix: 'k' },
] as const;

/** Three significant digits in the unit as people write it (from UCUM): `3.12 Gbit/s`, `0.4 error/s`, `1200 ppm`. */
export function spoken(value: number, unit: string | null): string {
  if (unit === null) return digits(value);
  if (unit === '%') return `${digits(value)}%`;
  if (unit === '[ppm]') return `${digits(value)} ppm`;
  const { from, prefix } = PREFIXES.find((candidate) => Math.abs(value) >= candidate.from) ?? {
    from: 1,
    prefix: '',
  };
  return `${digits(value / from)} ${prefix}${unit.replace(/[{}]/g, '')}`;
}

function digits(value: number): string {
  return Number(value.toPrecision(3)).toString();
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
