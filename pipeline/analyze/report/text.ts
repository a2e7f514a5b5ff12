/** What was found, for people at a terminal: the series with anomalies, worst first, each with a drawing of itself. */
import { SEVERITIES, type AnomalyRecord, type Severity } from '../../../topics/anomaly.ts';
import type { SeriesSummary } from '../analysis.ts';
import { sparkline } from './sparkline.ts';

export interface TextOptions {
  /** Series that are shown at most, and anomalies of each. */
  readonly series: number;
  readonly anomalies: number;
  /** Columns of a drawing. */
  readonly width: number;
}

export const TEXT_DEFAULTS: TextOptions = { series: 20, anomalies: 10, width: 72 };

export function textReport(series: readonly SeriesSummary[], options: TextOptions = TEXT_DEFAULTS): string {
  const found = series.filter(({ anomalies }) => anomalies.size > 0).sort(byWorst);
  const shown = found.slice(0, options.series);
  return [
    ...shown.map((one) => seriesText(one, options)),
    ...(found.length > shown.length
      ? [`${found.length - shown.length} more series with anomalies: --json lists all\n`]
      : []),
    summaryText(series),
  ].join('\n');
}

export function seriesName({ entity, instance, metric }: SeriesSummary): string {
  return [entity, instance, metric].filter((part) => part !== '').join(' ');
}

function seriesText(series: SeriesSummary, { anomalies: most, width }: TextOptions): string {
  const anomalies = [...series.anomalies.values()];
  const worst = anomalies.toSorted(bySeverity).slice(0, most);
  const shown = worst.toSorted((a, b) => a.opened_at - b.opened_at);
  const marked = anomalies.map(({ opened_at: fromMs, closed_at: toMs }) => ({
    fromMs,
    toMs: toMs ?? series.toMs,
  }));
  const { line, marks } = sparkline(series.envelope.buckets(), marked, width);
  return [
    seriesName(series),
    `  ${line}`,
    `  ${marks}`.trimEnd(),
    ...shown.map((anomaly) => `  ${anomalyText(anomaly)}`),
    ...(anomalies.length > shown.length ? [`  and ${anomalies.length - shown.length} more`] : []),
    '',
  ].join('\n');
}

function anomalyText(anomaly: AnomalyRecord): string {
  const { severity, anomaly_type: type, opened_at: openedMs, closed_at: closedMs, description } = anomaly;
  const lasted = closedMs === null ? 'open' : durationText(closedMs - openedMs);
  return [severity.padEnd(8), type.padEnd(11), momentText(openedMs), lasted.padStart(9), description].join(
    '  ',
  );
}

function summaryText(series: readonly SeriesSummary[]): string {
  const rows = SEVERITIES.toReversed().map((severity) => {
    const count = series.reduce((sum, { anomalies }) => sum + countOf(anomalies.values(), severity), 0);
    return `${count} ${severity}`;
  });
  const values = series.reduce((sum, one) => sum + one.values, 0);
  const late = series.reduce((sum, one) => sum + one.late, 0);
  const from = Math.min(...series.map(({ fromMs }) => fromMs));
  const to = Math.max(...series.map(({ toMs }) => toMs));
  return [
    `${values.toLocaleString('en-US')} values of ${series.length.toLocaleString('en-US')} series, ${momentText(from)} to ${momentText(to)}: ${rows.join(', ')}`,
    ...(late === 0
      ? []
      : [`${late.toLocaleString('en-US')} values were not newer than the one before them: left out`]),
    '',
  ].join('\n');
}

function countOf(anomalies: Iterable<AnomalyRecord>, wanted: Severity): number {
  let count = 0;
  for (const { severity } of anomalies) if (severity === wanted) count += 1;
  return count;
}

function byWorst(a: SeriesSummary, b: SeriesSummary): number {
  const [worstA, worstB] = [a, b].map(({ anomalies }) => [...anomalies.values()].sort(bySeverity)[0]!);
  return bySeverity(worstA!, worstB!);
}

/** The worst first. */
function bySeverity(a: AnomalyRecord, b: AnomalyRecord): number {
  const bySeverities =
    SEVERITIES.indexOf(b.severity as Severity) - SEVERITIES.indexOf(a.severity as Severity);
  return bySeverities === 0 ? (b.score ?? 0) - (a.score ?? 0) : bySeverities;
}

/** To the second, in UTC. */
export function momentText(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 19).replace('T', ' ');
}

export function durationText(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1) return `${Math.round(ms / 1000)} s`;
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(ms / 3_600_000);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}
