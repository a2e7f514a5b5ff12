/** What was found, for people at a terminal: the series with anomalies, the worst first, a table of all, a verdict. */
import type { SeriesSummary } from '../series-summary.ts';
import type { Paint } from './paint.ts';
import { counted, wrapped } from './plain-text.ts';
import type { Story } from '../links/stories.ts';
import { seriesText } from './series-text.ts';
import { compareStories, storyText } from './story-text.ts';
import { compareSeries, summaryTable } from './summary-table.ts';
import { verdictText, type VerdictOptions } from './verdict-text.ts';

export interface TextOptions extends VerdictOptions {
  readonly paint: Paint;
}

/** Fits every terminal. */
const WIDTH = 80;
/** Series that are drawn, anomalies of each, and rows of the table. */
const SHOWN = { drawings: 20, anomalies: 10, rows: 30, stories: 10 };

export function textReport(
  series: readonly SeriesSummary[],
  stories: readonly Story[],
  options: TextOptions,
): string {
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
    ...storiesText(stories, options),
    summaryTable(series, { width: WIDTH, paint, rows: SHOWN.rows }),
    ...verdictText(series, options)
      .split('\n')
      .flatMap((line) => wrapped(line, WIDTH)),
    '',
  ].join('\n');
}

function storiesText(stories: readonly Story[], { paint, timeZone }: TextOptions): string[] {
  if (stories.length === 0) return [];
  const shown = stories.toSorted(compareStories).slice(0, SHOWN.stories);
  const left = stories.length - shown.length;
  return [
    'Anomalies that opened together:\n',
    ...shown.map((story) => storyText(story, { width: WIDTH, timeZone, paint, anomalies: SHOWN.anomalies })),
    ...(left > 0 ? [`and ${counted(left, 'more such group')}\n`] : []),
  ];
}
