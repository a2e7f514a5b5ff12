/** Durations as people write them: 150ms, 5s, 1m, 10m, 12h, 2d, or a number of milliseconds. */

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof UNIT_MS;

const DURATION = /^(\d+(?:\.\d+)?) ?(ms|s|m|h|d)?$/;

/** Milliseconds, rounded to a whole one; undefined when `value` is no duration (negative ones are none). */
export function parseDuration(value: string | number): number | undefined {
  const match = DURATION.exec(typeof value === 'number' ? String(value) : value.trim());
  if (match === null) return undefined;
  const ms = Math.round(Number(match[1]) * UNIT_MS[(match[2] ?? 'ms') as Unit]);
  return Number.isSafeInteger(ms) ? ms : undefined;
}

/** The shortest exact way to write `ms`: the largest unit that divides it. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0ms';
  const units = Object.entries(UNIT_MS).reverse();
  const [unit, size] = units.find(([, unitMs]) => ms % unitMs === 0) ?? ['ms', 1];
  return `${ms / size}${unit}`;
}
