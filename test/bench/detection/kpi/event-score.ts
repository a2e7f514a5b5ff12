/**
 * F1 of events with a limit of delay, as the AIOps KPI challenge counts alarms: an anomalous segment is found when one
 * of its first `delay` + 1 rows is alarmed; a run of alarms outside of all segments is one false alarm.
 */

export interface EventSeries {
  readonly scores: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
}

export interface F1 {
  readonly f1: number;
  readonly precision: number;
  readonly recall: number;
}

export interface EventScore extends F1 {
  readonly threshold: number;
  readonly found: number;
  readonly events: number;
  readonly falseAlarms: number;
}

export function eventScore(corpus: readonly EventSeries[], threshold: number, delay: number): EventScore {
  let found = 0;
  let events = 0;
  let falseAlarms = 0;
  for (const { scores, labels } of corpus) {
    let isRun = false;
    let begin = -1;
    let isFound = false;
    for (let row = 0; row < scores.length; row += 1) {
      const isAlarm = scores[row]! >= threshold;
      if (labels[row] === 1) {
        if (begin < 0) {
          begin = row;
          isFound = false;
          events += 1;
        }
        if (isAlarm && !isFound && row - begin <= delay) {
          isFound = true;
          found += 1;
        }
        isRun = isAlarm;
      } else {
        begin = -1;
        // A run that began within a segment is not another alarm.
        if (isAlarm && !isRun) falseAlarms += 1;
        isRun = isAlarm;
      }
    }
  }
  return { ...f1Of(found, events, falseAlarms), threshold, found, events, falseAlarms };
}

/** Of `events` that there are and `falseAlarms` that are none. All are 0 where nothing was found. */
export function f1Of(found: number, events: number, falseAlarms: number): F1 {
  if (found === 0) return { f1: 0, precision: 0, recall: 0 };
  const precision = found / (found + falseAlarms);
  const recall = found / events;
  return { f1: (2 * precision * recall) / (precision + recall), precision, recall };
}

/** Thresholds that are tried: quantiles of all scores, close together where alarms are rare. */
const CANDIDATES = 400;

/** The threshold at which `measure` is largest. Infinity where no row has a score above 0. */
export function bestThreshold(
  corpus: readonly EventSeries[],
  measure: (corpus: readonly EventSeries[], threshold: number) => F1,
): number {
  const scores = allScores(corpus).sort().reverse();
  let best = { f1: -1, threshold: Infinity };
  for (let candidate = 0; candidate < CANDIDATES; candidate += 1) {
    // From one score to all of them, in equal ratios.
    const rank = Math.min(scores.length - 1, Math.floor(scores.length ** (candidate / (CANDIDATES - 1))) - 1);
    const threshold = scores[rank];
    if (threshold === undefined) break;
    const { f1 } = measure(corpus, threshold);
    if (f1 > best.f1) best = { f1, threshold };
  }
  return best.threshold;
}

/** Those above 0. Millions of rows: no arrays of objects. */
function allScores(corpus: readonly EventSeries[]): Float64Array {
  const rows = corpus.reduce((sum, { scores }) => sum + scores.length, 0);
  const all = new Float64Array(rows);
  let count = 0;
  for (const { scores } of corpus) {
    for (let row = 0; row < scores.length; row += 1) {
      if (scores[row]! > 0) {
        all[count] = scores[row]!;
        count += 1;
      }
    }
  }
  return all.subarray(0, count);
}
