/**
 * The score of the Numenta Anomaly Benchmark (Lavin, Ahmad, "Evaluating Real-Time Anomaly Detection Algorithms", 2015):
 * a detection early in a labelled window earns most, later ones in it nothing, a window without one and each detection
 * outside cost. 0 is a detector that says nothing, 100 one that finds every window at its first row and nothing else.
 */

/** One series of the corpus with the score of each of its rows. */
export interface ScoredSeries {
  readonly name: string;
  readonly scores: ArrayLike<number>;
  /** First and last row of each, in order, apart from each other. */
  readonly windows: readonly (readonly [number, number])[];
}

export interface NabProfile {
  readonly tp: number;
  readonly fn: number;
  readonly fp: number;
}

export const PROFILES = {
  standard: { tp: 1, fn: 1, fp: 0.11 },
  low_fp: { tp: 1, fn: 1, fp: 0.22 },
  low_fn: { tp: 1, fn: 2, fp: 0.11 },
} as const satisfies Record<string, NabProfile>;

export interface NabScore {
  readonly score: number;
  readonly threshold: number;
  /** Rows that count and reach the threshold. */
  readonly detections: number;
}

const PROBATION_SHARE = 0.15;
const PROBATION_ROWS = 750;
/** So many window widths behind a window, a false detection costs all that one can. */
const FAR = 3;

/** Rows at the beginning of a series that do not count. */
export function probationRows(rows: number): number {
  return Math.floor(Math.min(PROBATION_SHARE * rows, PROBATION_ROWS));
}

/** The score of a corpus at one threshold for all of its series. */
export function scoreAt(corpus: readonly ScoredSeries[], profile: NabProfile, threshold: number): NabScore {
  let raw = 0;
  let detections = 0;
  for (const series of corpus) {
    const found = new Set<number>();
    for (const row of rowsThatCount(series)) {
      if (!(series.scores[row]! >= threshold)) continue;
      detections += 1;
      const { window, worth } = worthOf(series, row, profile);
      if (window === undefined) raw += worth;
      else if (!found.has(window)) {
        found.add(window);
        raw += worth;
      }
    }
    raw -= profile.fn * (windowsThatCount(series) - found.size);
  }
  return { score: normalized(corpus, profile, raw), threshold, detections };
}

/** The score at the threshold that is best for the corpus. */
export function bestScore(corpus: readonly ScoredSeries[], profile: NabProfile): NabScore {
  const rows = corpus.flatMap((series, number) =>
    rowsThatCount(series)
      .filter((row) => series.scores[row]! > 0)
      .map((row) => ({
        score: series.scores[row]!,
        number,
        row,
        ...worthOf(series, row, profile),
      })),
  );
  rows.sort((a, b) => b.score - a.score);
  let raw = -profile.fn * corpus.reduce((sum, series) => sum + windowsThatCount(series), 0);
  let best = { raw, threshold: Infinity, detections: 0 };
  // The threshold falls: within a window an earlier row than those found so far takes their place.
  const found = new Map<string, number>();
  for (const [index, { score, number, window, worth }] of rows.entries()) {
    if (window === undefined) raw += worth;
    else {
      const key = `${number} ${window}`;
      const before = found.get(key) ?? -profile.fn;
      if (worth > before) {
        raw += worth - before;
        found.set(key, worth);
      }
    }
    const isLastOfScore = rows[index + 1]?.score !== score;
    if (isLastOfScore && raw > best.raw) best = { raw, threshold: score, detections: index + 1 };
  }
  const { threshold, detections } = best;
  return { score: normalized(corpus, profile, best.raw), threshold, detections };
}

function rowsThatCount({ scores }: ScoredSeries): number[] {
  const first = probationRows(scores.length);
  return Array.from({ length: scores.length - first }, (_, index) => first + index);
}

/** A window that ends before anything counts cannot be found. */
function windowsThatCount({ scores, windows }: ScoredSeries): number {
  const first = probationRows(scores.length);
  return windows.filter(([, right]) => right >= first).length;
}

/** What a detection at this row earns, and in which window; outside of all, what it costs. */
function worthOf(
  { windows }: ScoredSeries,
  row: number,
  { tp, fp }: NabProfile,
): { readonly window: number | undefined; readonly worth: number } {
  let before: readonly [number, number] | undefined;
  for (const [window, [left, right]] of windows.entries()) {
    if (row < left) break;
    if (row <= right) {
      const width = right - left + 1;
      return { window, worth: (tp * sigmoid(-(right - row + 1) / width)) / sigmoid(-1) };
    }
    before = [left, right];
  }
  if (before === undefined) return { window: undefined, worth: -fp };
  const [left, right] = before;
  return { window: undefined, worth: fp * sigmoid((row - right) / Math.max(1, right - left)) };
}

function sigmoid(x: number): number {
  return x > FAR ? -1 : 2 / (1 + Math.exp(5 * x)) - 1;
}

function normalized(corpus: readonly ScoredSeries[], { tp, fn }: NabProfile, raw: number): number {
  const windows = corpus.reduce((sum, series) => sum + windowsThatCount(series), 0);
  return windows === 0 ? Number.NaN : (100 * (raw + fn * windows)) / ((tp + fn) * windows);
}
