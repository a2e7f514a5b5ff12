/** What another language printed as JSON against what was written. */

/** JSON whose whole numbers beyond 2^53 keep their digits. */
export function parseExact(line: string): unknown {
  const reviver = (_key: string, value: unknown, { source }: { source?: string }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source ?? '')
      ? BigInt(source!)
      : value;
  return JSON.parse(line, reviver as (key: string, value: unknown) => unknown);
}

/** Where two values differ: counters are bigint here, timestamps ISO texts there. */
export function difference(expected: unknown, found: unknown, path = ''): string | undefined {
  const here = () => `${path}: ${String(expected)} is ${String(found)}`;
  if (typeof expected === 'bigint') return BigInt(found as number) === expected ? undefined : here();
  if (typeof expected === 'number' && typeof found === 'string')
    return Date.parse(found) === expected ? undefined : here();
  if (expected === null || typeof expected !== 'object')
    return Object.is(expected, found) || expected === found ? undefined : here();
  if (found === null || typeof found !== 'object') return here();
  const names = new Set([...Object.keys(expected), ...Object.keys(found)]);
  for (const name of names) {
    const deeper = difference(
      (expected as Record<string, unknown>)[name],
      (found as Record<string, unknown>)[name],
      `${path}.${name}`,
    );
    if (deeper !== undefined) return deeper;
  }
  return undefined;
}
