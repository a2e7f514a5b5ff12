/** All series in a table: the worst first, as many as fit a screen. */
import { SEVERITIES, type Severity } from '../../../topics/anomaly.ts';
import { compareBadness } from '../found-anomalies.ts';
import type { SeriesSummary } from '../series-summary.ts';
import { durationText } from '../../model/duration-text.ts';
import type { Paint } from './paint.ts';
import { counted, grouped, seriesName, shortened } from './plain-text.ts';

export interface SummaryTableOptions {
  /** Columns of the terminal. */
  readonly width: number;
  readonly paint: Paint;
  /** Series that are shown. */
  readonly rows: number;
}

/** From the worst to the mildest. */
const COLUMNS = SEVERITIES.toReversed();
const HEADS: Readonly<Record<Severity, string>> = { critical: 'crit', warning: 'warn', info: 'info' };
const WIDTHS = { values: 11, every: 8, count: 5, worst: 12 };

export function summaryTable(series: readonly SeriesSummary[], options: SummaryTableOptions): string {
  const { width, rows, paint } = options;
  const { values, every, count, worst } = WIDTHS;
  const nameWidth = width - values - every - COLUMNS.length * count - worst - 2;
  const ordered = series.toSorted(compareSeries);
  const shown = ordered.slice(0, rows);
  const left = ordered.slice(rows);
  const leftWith = left.filter(({ anomalies }) => anomalies.size > 0).length;
  const head = [
    'series'.padEnd(nameWidth),
    'values'.padStart(values),
    'every'.padStart(every),
    ...COLUMNS.map((severity) => HEADS[severity].padStart(count)),
    '  worst',
  ].join('');
  return [
    head,
    ...shown.map((one) => rowText(one, nameWidth, paint)),
    ...(left.length === 0
      ? []
      : [
          `and ${counted(left.length, 'more series', 'more series')}, ${grouped(leftWith)} of them with anomalies`,
        ]),
    '',
  ].join('\n');
}

/** Anomalies by severity that are kept. */
export function countsOf({ anomalies }: SeriesSummary): Record<Severity, number> {
  const counts = { info: 0, warning: 0, critical: 0 };
  for (const { severity } of anomalies.values()) counts[severity as Severity] += 1;
  return counts;
}

function rowText(series: SeriesSummary, nameWidth: number, paint: Paint): string {
  const counts = countsOf(series);
  const worst = [...series.anomalies.values()].sort(compareBadness)[0];
  return [
    shortened(seriesName(series), nameWidth).padEnd(nameWidth),
    grouped(series.values).padStart(WIDTHS.values),
    everyText(series).padStart(WIDTHS.every),
    ...COLUMNS.map((severity) => {
      const text = (counts[severity] === 0 ? '-' : grouped(counts[severity])).padStart(WIDTHS.count);
      return counts[severity] === 0 ? text : paint(text, severity);
    }),
    worst === undefined ? (series.kind === 'status' ? '  (status)' : '') : `  ${worst.anomaly_type}`,
  ]
    .join('')
    .trimEnd();
}

function everyText({ interval }: SeriesSummary): string {
  return Number.isNaN(interval.ms) ? '-' : durationText(interval.ms);
}

/** Those with the worst anomaly first; the others as they came. */
export function compareSeries(a: SeriesSummary, b: SeriesSummary): number {
  const [worstA, worstB] = [a, b].map(({ anomalies }) => [...anomalies.values()].sort(compareBadness)[0]);
  if (worstA === undefined || worstB === undefined)
    return Number(worstA === undefined) - Number(worstB === undefined);
  return compareBadness(worstA, worstB);
}
