/** One series with anomalies, as text: a drawing of it, and the anomalies below, the worst first. */
import type { AnomalyRecord, Severity } from '../../../topics/anomaly.ts';
import { compareBadness } from '../found-anomalies.ts';
import type { SeriesSummary } from '../series-summary.ts';
import { durationText } from '../../model/duration-text.ts';
import { momentText } from './moment.ts';
import type { Paint } from './paint.ts';
import { drawnColumns } from './drawn-columns.ts';
import { counted, printable, seriesName, shortened, wrapped } from './plain-text.ts';
import { longGap } from './long-gap.ts';
import { sparkline } from './sparkline.ts';
import { stateLine } from './state-line.ts';

export interface SeriesTextOptions {
  /** Columns of the terminal. */
  readonly width: number;
  readonly timeZone: string;
  readonly paint: Paint;
  /** Anomalies that are shown. */
  readonly anomalies: number;
}

const INDENT = '  ';
/** What ended an anomaly, where it is not that it was over. */
const END_SENTENCES: Readonly<Record<string, string>> = {
  level_shift: 'It ended as that had become usual.',
  no_data: 'It ended as no more values came.',
};

export function seriesText(series: SeriesSummary, options: SeriesTextOptions): string {
  const { width, timeZone, paint } = options;
  const anomalies = [...series.anomalies.values()].sort(compareBadness);
  const shown = anomalies.slice(0, options.anomalies);
  const more = anomalies.length - shown.length + series.forgotten;
  // The worst are drawn last, over the others.
  const spans = anomalies.toReversed().map(({ opened_at: fromMs, closed_at: toMs, severity }) => ({
    fromMs,
    toMs: toMs ?? series.toMs,
    severity: severity as Severity,
  }));
  const buckets = series.envelope.buckets();
  const columns = drawnColumns(buckets, spans, { width: width - INDENT.length, paint });
  const { line, legend } =
    series.kind === 'status'
      ? stateLine(columns, (value) => printable(series.stateNames.get(value) ?? String(value)))
      : { line: sparkline(columns), legend: '' };
  const { marks } = columns;
  const gap = longGap(series);
  const [from, to] = [series.fromMs, series.toMs].map((atMs) => momentText(atMs, timeZone));
  const axis = `${from!.slice(0, 16)}${to!.slice(0, 16).padStart(Math.max(line.length, 34) - 16)}`;
  return [
    shortened(seriesName(series), width),
    `${INDENT}${line}`,
    ...(marks === '' ? [] : [`${INDENT}${marks}`]),
    `${INDENT}${axis}`,
    ...(legend === '' ? [] : [`${INDENT}${shortened(legend, width - INDENT.length)}`]),
    ...(gap === undefined
      ? []
      : [
          `${INDENT}No values for ${durationText(gap.lengthMs)}, from ${momentText(gap.fromMs, timeZone)} on.`,
        ]),
    ...shown.flatMap((anomaly) => anomalyLines(anomaly, options)),
    ...(more > 0 ? [`${INDENT}and ${counted(more, 'more anomaly', 'more anomalies')}`] : []),
    '',
  ].join('\n');
}

/** Severity, type, when and how long; below it the sentence. */
export function anomalyLines(
  anomaly: AnomalyRecord,
  { width, timeZone, paint }: SeriesTextOptions,
): string[] {
  const { anomaly_type: type, opened_at: openedMs, closed_at: closedMs, description } = anomaly;
  const sentence = [description, END_SENTENCES[anomaly.close_reason ?? ''] ?? ''].join(' ').trim();
  const severity = anomaly.severity as Severity;
  const span =
    closedMs === null
      ? `since ${momentText(openedMs, timeZone)}, open at the end`
      : `${spanText(openedMs, closedMs, timeZone)} (${durationText(closedMs - openedMs)})`;
  return [
    `${INDENT}${paint(severity.padEnd(8), severity)}  ${type.padEnd(11)}  ${span}`,
    ...wrapped(printable(sentence), width - 2 * INDENT.length).map((line) => `${INDENT}${INDENT}${line}`),
  ];
}

/** The end's date is said only if it is another. */
function spanText(fromMs: number, toMs: number, timeZone: string): string {
  const [from, to] = [momentText(fromMs, timeZone), momentText(toMs, timeZone)];
  return from.slice(0, 10) === to.slice(0, 10) ? `${from} to ${to.slice(11)}` : `${from} to ${to}`;
}
