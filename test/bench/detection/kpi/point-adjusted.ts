/**
 * F1 of points as the AIOps challenge of 2018 counted: a segment that is alarmed within `delay` rows of its beginning
 * counts as found with all of its points, any other as missed with all of them; outside of segments points are as they are.
 */
import type { EventSeries, F1 } from './event-score.ts';
import { f1Of } from './event-score.ts';

export function pointAdjusted(corpus: readonly EventSeries[], threshold: number, delay: number): F1 {
  let found = 0;
  let points = 0;
  let falseAlarms = 0;
  for (const { scores, labels } of corpus) {
    for (let row = 0; row < scores.length; row += 1) {
      if (labels[row] !== 1) {
        if (scores[row]! >= threshold) falseAlarms += 1;
        continue;
      }
      const begin = row;
      let isFound = false;
      for (; row < scores.length && labels[row] === 1; row += 1)
        if (row - begin <= delay && scores[row]! >= threshold) isFound = true;
      points += row - begin;
      if (isFound) found += row - begin;
      row -= 1;
    }
  }
  return f1Of(found, points, falseAlarms);
}
