/** Scores in the layout that NAB's own tools read: DIR/<detector>/<category>/<detector>_<file>.csv */
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { categoryOf, type NabSeries } from './nab-report.ts';

const DETECTOR = 'netsigma';

/** @returns how many files were written. */
export function writeNabResults(folder: string, scored: readonly NabSeries[]): number {
  for (const { name, series, scores, windows } of scored) {
    const into = join(folder, DETECTOR, categoryOf(name));
    mkdirSync(into, { recursive: true });
    const lines = series.times.map((time, row) => {
      const label = windows.some(([left, right]) => row >= left && row <= right) ? 1 : 0;
      return `${time},${series.values[row]},${anomalyScore(scores[row]!)},${label}\n`;
    });
    writeFileSync(
      join(into, `${DETECTOR}_${basename(name)}`),
      `timestamp,value,anomaly_score,label\n${lines.join('')}`,
    );
  }
  return scored.length;
}

/** NAB wants scores from 0 to 1. s / (1 + s) keeps their order: a threshold t becomes t / (1 + t). */
export function anomalyScore(score: number): number {
  return score === Infinity ? 1 : score / (1 + score);
}
