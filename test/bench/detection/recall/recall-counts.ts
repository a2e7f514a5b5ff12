/** How many injections were found, how soon, and what they were called. */
import type { KindInjections } from './injections.ts';
import type { Injection } from './recall-worker.ts';
import { SHAPES, type Shape } from './shapes.ts';

export interface RecallCell {
  readonly shape: string;
  /** Sigmas; null where the shape has no size. */
  readonly magnitude: number | null;
  readonly injected: number;
  /** Shares of them: found with any severity, with warning or above, and called what they are (of those found). */
  readonly recall: number;
  readonly severe: number;
  readonly named: number;
  /** Polls, of those found. */
  readonly delayMedian: number | null;
  readonly delayP90: number | null;
  /** How often each type was given. */
  readonly types: Readonly<Record<string, number>>;
}

export interface RecallReport {
  readonly seed: number;
  readonly intervalMs: number;
  /** Of all signals together, and of those of one noise. */
  readonly cells: readonly RecallCell[];
  readonly noises: readonly { readonly noise: string; readonly cells: readonly RecallCell[] }[];
}

export function recallReport(
  found: readonly KindInjections[],
  { seed, intervalMs }: Pick<RecallReport, 'seed' | 'intervalMs'>,
): RecallReport {
  const all = (some: readonly KindInjections[]): RecallCell[] =>
    recallCells(some.flatMap(({ injections }) => injections));
  const byNoise = Map.groupBy(found, ({ kind }) => kind.noise);
  return {
    seed,
    intervalMs,
    cells: all(found),
    noises: [...byNoise].map(([noise, some]) => ({ noise, cells: all(some) })),
  };
}

/** A cell for each shape and magnitude, in the order of SHAPES. */
export function recallCells(injections: readonly Injection[]): RecallCell[] {
  return SHAPES.flatMap((shape) => {
    const some = injections.filter((injection) => injection.shape === shape.name);
    const byMagnitude = Map.groupBy(some, ({ magnitude }) => (Number.isNaN(magnitude) ? null : magnitude));
    return [...byMagnitude]
      .sort(([a], [b]) => (a ?? 0) - (b ?? 0))
      .map(([magnitude, alike]) => recallCell(shape, magnitude, alike));
  });
}

function recallCell(shape: Shape, magnitude: number | null, some: readonly Injection[]): RecallCell {
  const found = some.filter(({ delayPolls }) => !Number.isNaN(delayPolls));
  const severe = some.filter(({ severeDelayPolls }) => !Number.isNaN(severeDelayPolls));
  const delays = found.map(({ delayPolls }) => delayPolls).sort((a, b) => a - b);
  const named = found.filter(({ type }) => (shape.types as readonly (string | undefined)[]).includes(type));
  const types = Map.groupBy(found, ({ type }) => type ?? 'unknown');
  return {
    shape: shape.name,
    magnitude,
    injected: some.length,
    recall: found.length / some.length,
    severe: severe.length / some.length,
    named: found.length === 0 ? 0 : named.length / found.length,
    delayMedian: quantile(delays, 0.5),
    delayP90: quantile(delays, 0.9),
    types: Object.fromEntries([...types].map(([type, of]) => [type, of.length])),
  };
}

/** Of sorted values; null without any. */
function quantile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null;
}
