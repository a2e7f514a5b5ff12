/** How many injections were found, how soon, and what they were called. */
import type { Injection } from './injections.ts';
import { SHAPES } from './shapes.ts';

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
  readonly cells: readonly RecallCell[];
  readonly byKind: readonly KindRecall[];
}

/** Recall by magnitude of each shape, for signals of one noise. */
export interface KindRecall {
  readonly kind: string;
  readonly shapes: Readonly<Record<string, string>>;
}

export function recallReport(
  injections: readonly Injection[],
  { seed, intervalMs }: Pick<RecallReport, 'seed' | 'intervalMs'>,
): RecallReport {
  const byNoise = Map.groupBy(injections, ({ kind }) => kind.noise);
  return {
    seed,
    intervalMs,
    cells: recallCells(injections),
    byKind: [...byNoise].map(([kind, some]) => ({
      kind,
      shapes: Object.fromEntries(
        [...Map.groupBy(recallCells(some), ({ shape }) => shape)].map(([shape, cells]) => [
          shape,
          cells
            .map(
              ({ magnitude, recall }) => `${magnitude === null ? '' : `${magnitude}s `}${recall.toFixed(2)}`,
            )
            .join(' '),
        ]),
      ),
    })),
  };
}

/** A cell for each shape and magnitude. */
export function recallCells(injections: readonly Injection[]): RecallCell[] {
  const order = ({ shape, magnitude }: Injection): number =>
    SHAPES.indexOf(shape) * 1_000 + (Number.isNaN(magnitude) ? 0 : magnitude);
  return [...Map.groupBy(injections, order)].sort(([a], [b]) => a - b).map(([, some]) => recallCell(some));
}

function recallCell(some: readonly Injection[]): RecallCell {
  const { shape, magnitude } = some[0]!;
  const found = some.filter(({ delayPolls }) => !Number.isNaN(delayPolls));
  const severe = some.filter(({ severeDelayPolls }) => !Number.isNaN(severeDelayPolls));
  const delays = found.map(({ delayPolls }) => delayPolls).sort((a, b) => a - b);
  const named = found.filter(({ type }) => (shape.types as readonly (string | undefined)[]).includes(type));
  const types = Map.groupBy(found, ({ type }) => type ?? 'unknown');
  return {
    shape: shape.name,
    magnitude: Number.isNaN(magnitude) ? null : magnitude,
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
