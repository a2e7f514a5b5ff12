/**
 * A window that is not closed yet: what entities have reported, summed up so that their order does not matter. What came
 * too late for the others' grace is kept apart: it counts only if nobody was in time (history that is being loaded).
 */
import type { WindowSummary } from '../../../topics/domain.ts';
import { addExactly, exactSum, SUM_WIDTH } from '../../model/exact-sum.ts';
import type { SaidZone } from './scope.ts';

const TOTAL = 0;
const ROWS = SUM_WIDTH;
const WEIGHT = 2 * SUM_WIDTH;
const WIDTH = 3 * SUM_WIDTH;

/** Structured-cloneable. */
export interface WindowSums extends SaidZone {
  said: string | null;
  isMixed: boolean;
  /** Whose sums lie where in `values`: another version may have others. */
  readonly metrics: readonly string[];
  readonly values: Float64Array;
  firstSentMs: number;
  lastSentMs: number;
}

export interface OpenWindow {
  inTime: WindowSums | undefined;
  late: WindowSums | undefined;
}

/** One metric of a window. */
export interface WindowTotal {
  readonly total: number;
  readonly rows: number;
  readonly weight: number;
}

export function addSummary(
  window: OpenWindow,
  { metrics, time_zone: zone }: WindowSummary,
  { sentAtMs, isInTime, names }: { sentAtMs: number; isInTime: boolean; names: readonly string[] },
): void {
  const sums = isInTime ? (window.inTime ??= newSums(names)) : (window.late ??= newSums(names));
  for (const { metric_name: name, total, rows, weight } of metrics) {
    const at = sums.metrics.indexOf(name) * WIDTH;
    if (at < 0) continue;
    addExactly(sums.values, at + TOTAL, total);
    addExactly(sums.values, at + ROWS, rows);
    addExactly(sums.values, at + WEIGHT, weight);
  }
  sums.firstSentMs = Math.min(sums.firstSentMs, sentAtMs);
  sums.lastSentMs = Math.max(sums.lastSentMs, sentAtMs);
  if (zone === null) return;
  sums.isMixed ||= sums.said !== null && sums.said !== zone;
  sums.said = sums.isMixed ? null : zone;
}

/** What a window is that is closed at a tick; undefined: what there is of it was sent later, by who runs ahead. */
export function sumsAt({ inTime, late }: OpenWindow, tickMs: number): WindowSums | undefined {
  return inTime ?? (late!.firstSentMs < tickMs ? late : undefined);
}

/** undefined where nobody reported the metric. */
export function totalOf({ metrics, values }: WindowSums, name: string): WindowTotal | undefined {
  const at = metrics.indexOf(name) * WIDTH;
  if (at < 0) return undefined;
  const rows = exactSum(values, at + ROWS);
  if (rows === 0) return undefined;
  return { total: exactSum(values, at + TOTAL), rows, weight: exactSum(values, at + WEIGHT) };
}

function newSums(metrics: readonly string[]): WindowSums {
  return {
    said: null,
    isMixed: false,
    metrics,
    values: new Float64Array(metrics.length * WIDTH),
    firstSentMs: Infinity,
    lastSentMs: -Infinity,
  };
}
