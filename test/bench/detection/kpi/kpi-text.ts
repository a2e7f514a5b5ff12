/** The report on labelled monitoring series for people. */
import { textTable } from '../text-table.ts';
import type { EventScore, F1 } from './event-score.ts';
import type { KpiReport } from './kpi-report.ts';

export function kpiText(report: KpiReport): string {
  const { series, rows, delay, first_half, second_half, fixed, point_adjusted: points } = report;
  return [
    `${series} series, ${rows} rows; an event is found by an alarm in one of its first ${delay + 1} rows; one threshold for all series`,
    textTable(
      ['', 'F1', 'precision', 'recall', 'found', 'events', 'false alarms', 'threshold'],
      [
        eventRow('first halves: chosen there', first_half),
        eventRow('second halves', second_half),
        eventRow('second halves, as it ships: every anomaly', fixed),
        ['second halves, point-adjusted', ...rates(points), '', '', '', points.threshold.toFixed(3)],
      ],
    ),
  ].join('\n\n');
}

function eventRow(name: string, score: EventScore): string[] {
  const { found, events, falseAlarms, threshold } = score;
  return [name, ...rates(score), String(found), String(events), String(falseAlarms), threshold.toFixed(3)];
}

function rates({ f1, precision, recall }: F1): string[] {
  return [f1, precision, recall].map((rate) => rate.toFixed(3));
}
