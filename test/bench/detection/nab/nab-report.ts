/** A corpus of NAB's kind, scored in one pass by the product and by what it has to beat. */
import { newRecords } from '../new-records.ts';
import type { LabelledSeries } from '../corpus.ts';
import { ProductScores, SHIPPED_THRESHOLD } from '../product-scores.ts';
import {
  bestScore,
  probationRows,
  PROFILES,
  scoreAt,
  type NabScore,
  type ScoredSeries,
} from './nab-score.ts';
import { blindScores, windowedGaussianScores } from './reference-detectors.ts';
import type { Window } from './windows.ts';

type ProfileName = keyof typeof PROFILES;
export type ProfileScores = Readonly<Record<ProfileName, number>>;

export interface NabSeries extends ScoredSeries {
  readonly series: LabelledSeries;
}

export interface NabDetection {
  readonly file: string;
  readonly timestamp: string;
  readonly score: number;
}

/** Windows and detections of the series of one folder, at one threshold. */
export interface CategoryCounts {
  readonly category: string;
  readonly files: number;
  readonly windows: number;
  readonly found: number;
  /** Detections outside of all windows. */
  readonly false: number;
}

/** What `--json` prints. */
export interface NabReport extends ProfileScores {
  /** At which the detections are taken, and the scores if it was given; else the best one for `standard`. */
  readonly threshold: number;
  readonly detections: readonly NabDetection[];
  /** At the threshold that ships. */
  readonly fixed: ProfileScores & { readonly threshold: number };
  readonly references: Readonly<Record<string, ProfileScores>>;
}

export interface NabRun {
  readonly report: NabReport;
  readonly scored: readonly NabSeries[];
  readonly categories: readonly CategoryCounts[];
  readonly categoriesAtFixed: readonly CategoryCounts[];
}

/** `threshold`: one for all profiles instead of the best of each. */
export function nabRun(
  corpus: readonly LabelledSeries[],
  windows: ReadonlyMap<string, readonly Window[]>,
  threshold: number | undefined,
  progress: (line: string) => void,
): NabRun {
  const product = new ProductScores();
  const scoredBy = (scores: (series: LabelledSeries) => Float64Array): NabSeries[] =>
    corpus.map((series) => ({
      name: series.name,
      series,
      windows: windows.get(series.name) ?? [],
      scores: scores(series),
    }));
  const scored = scoredBy((series) => {
    progress(series.name);
    return product.of(series);
  });
  const gaussian = scoredBy(({ values }) => windowedGaussianScores(values));
  const references = {
    'alarm every 600 rows': profileScores((profile) =>
      scoreAt(
        scoredBy(({ values }) => blindScores(values.length)),
        PROFILES[profile],
        1,
      ),
    ),
    'windowed Gaussian': profileScores((profile) => bestScore(gaussian, PROFILES[profile])),
    // What of a difference to it is the cooldown's, and what the score's.
    'windowed Gaussian, only new records of 60 rows': profileScores((profile) =>
      bestScore(
        gaussian.map((one) => ({ ...one, scores: newRecords(one.scores, 60) })),
        PROFILES[profile],
      ),
    ),
  };
  const best = byProfile((profile) => bestScore(scored, PROFILES[profile]));
  const taken = threshold ?? best.standard.threshold;
  const scores = profileScores((profile) =>
    threshold === undefined ? best[profile] : scoreAt(scored, PROFILES[profile], threshold),
  );
  const report: NabReport = {
    ...scores,
    threshold: taken,
    detections: detectionsOf(scored, taken),
    fixed: {
      threshold: SHIPPED_THRESHOLD,
      ...profileScores((profile) => scoreAt(scored, PROFILES[profile], SHIPPED_THRESHOLD)),
    },
    references,
  };
  return {
    report,
    scored,
    categories: categoryCounts(scored, taken),
    categoriesAtFixed: categoryCounts(scored, SHIPPED_THRESHOLD),
  };
}

function byProfile<T>(of: (profile: ProfileName) => T): Readonly<Record<ProfileName, T>> {
  return { standard: of('standard'), low_fp: of('low_fp'), low_fn: of('low_fn') };
}

function profileScores(of: (profile: ProfileName) => NabScore): ProfileScores {
  const scores = byProfile(of);
  return { standard: scores.standard.score, low_fp: scores.low_fp.score, low_fn: scores.low_fn.score };
}

/** Those that count. */
function detectionsOf(scored: readonly NabSeries[], threshold: number): NabDetection[] {
  return scored.flatMap(({ name, series, scores }) =>
    rowsFound({ scores }, threshold).map((row) => ({
      file: name,
      timestamp: series.times[row]!,
      score: scores[row]!,
    })),
  );
}

function rowsFound({ scores }: Pick<ScoredSeries, 'scores'>, threshold: number): number[] {
  const rows: number[] = [];
  for (let row = probationRows(scores.length); row < scores.length; row += 1)
    if (scores[row]! >= threshold) rows.push(row);
  return rows;
}

function categoryCounts(scored: readonly NabSeries[], threshold: number): CategoryCounts[] {
  return [...Map.groupBy(scored, ({ name }) => categoryOf(name))].map(([category, some]) => {
    const counts = { windows: 0, found: 0, false: 0 };
    for (const { scores, windows } of some) {
      const rows = rowsFound({ scores }, threshold);
      const isWithin = (row: number, [left, right]: Window): boolean => row >= left && row <= right;
      counts.windows += windows.length;
      counts.found += windows.filter((window) => rows.some((row) => isWithin(row, window))).length;
      counts.false += rows.filter((row) => !windows.some((window) => isWithin(row, window))).length;
    }
    return { category, files: some.length, ...counts };
  });
}

/** The folder that the file lies in. */
export function categoryOf(name: string): string {
  return name.split('/').at(-2) ?? 'data';
}
