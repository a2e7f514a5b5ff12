/** What was found, for people at a terminal: the series with anomalies, the worst first, a table of all, a verdict. */
import type { SeriesSummary } from '../series-summary.ts';
import type { Paint } from './paint.ts';
import { counted, wrapped } from './plain-text.ts';
import { seriesText } from './series-text.ts';
import { compareSeries, summaryTable } from './summary-table.ts';
import { verdictText, type VerdictOptions } from './verdict-text.ts';

export interface TextOptions extends VerdictOptions {
  readonly paint: Paint;
}

/** Fits every terminal. */
const WIDTH = 80;
/** Series that are drawn, anomalies of each, and rows of the table. */
const SHOWN = { drawings: 20, anomalies: 10, rows: 30 };

export function textReport(series: readonly SeriesSummary[], options: TextOptions): string {
  const { paint, timeZone } = options;
  const found = series.filter(({ anomalies }) => anomalies.size > 0).sort(compareSeries);
  const left = found.length - Math.min(found.length, SHOWN.drawings);
  return [
    ...found
      .slice(0, SHOWN.drawings)
      .map((one) => seriesText(one, { width: WIDTH, timeZone, paint, anomalies: SHOWN.anomalies })),
    ...(left > 0
      ? [`and ${counted(left, 'more series', 'more series')} with anomalies: --json lists all\n`]
      : []),
    summaryTable(series, { width: WIDTH, paint, rows: SHOWN.rows }),
    ...verdictText(series, options)
      .split('\n')
      .flatMap((line) => wrapped(line, WIDTH)),
    '',
  ].join('\n');
}
