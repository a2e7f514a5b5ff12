/** Monitoring series with labels (AIOps KPI, WSD): one threshold for all, chosen on their first halves, judged on the second. */
import type { LabelledSeries } from '../corpus.ts';
import { ProductScores, SHIPPED_THRESHOLD } from '../product-scores.ts';
import { bestThreshold, eventScore, type EventScore, type EventSeries, type F1 } from './event-score.ts';
import { pointAdjusted } from './point-adjusted.ts';

export interface KpiReport extends F1 {
  readonly threshold: number;
  readonly delay: number;
  readonly series: number;
  readonly rows: number;
  readonly first_half: EventScore;
  readonly second_half: EventScore;
  /** At the threshold that ships, on the second halves. */
  readonly fixed: EventScore;
  /** On the second halves, at the threshold that is best for it on the first. */
  readonly point_adjusted: F1 & { readonly threshold: number };
}

/** State runs through a series as through life: only what is counted is halved. */
export function kpiReport(
  corpus: readonly LabelledSeries[],
  delay: number,
  progress: (line: string) => void,
): KpiReport {
  const product = new ProductScores();
  const first: EventSeries[] = [];
  const second: EventSeries[] = [];
  let rows = 0;
  for (const [number, series] of corpus.entries()) {
    progress(`${number + 1} of ${corpus.length}: ${series.name}, ${series.values.length} rows`);
    const labels = series.labels ?? new Uint8Array(series.values.length);
    const scores = product.of(series);
    const half = middleOf(labels);
    first.push({ scores: scores.subarray(0, half), labels: labels.subarray(0, half) });
    second.push({ scores: scores.subarray(half), labels: labels.subarray(half) });
    rows += labels.length;
  }
  progress('choosing the threshold');
  const events = (some: readonly EventSeries[], at: number): EventScore => eventScore(some, at, delay);
  const points = (some: readonly EventSeries[], at: number): F1 => pointAdjusted(some, at, delay);
  const threshold = chosen(first, events);
  const pointThreshold = chosen(first, points);
  const judged = events(second, threshold);
  const { f1, precision, recall } = judged;
  return {
    f1,
    precision,
    recall,
    threshold,
    delay,
    series: corpus.length,
    rows,
    first_half: events(first, threshold),
    second_half: judged,
    fixed: events(second, SHIPPED_THRESHOLD),
    point_adjusted: { ...points(second, pointThreshold), threshold: pointThreshold },
  };
}

/** What ships where the first halves teach nothing: they may have no anomalies. */
function chosen(
  some: readonly EventSeries[],
  measure: (some: readonly EventSeries[], threshold: number) => F1,
): number {
  const best = bestThreshold(some, measure);
  return measure(some, best).f1 > 0 ? best : SHIPPED_THRESHOLD;
}

/** The first row of the second half; an anomaly that lies across belongs to the half that it began in. */
export function middleOf(labels: ArrayLike<number>): number {
  let half = labels.length >> 1;
  while (half > 0 && labels[half] === 1 && labels[half - 1] === 1) half += 1;
  return half;
}
