/** A story as text: what it is about, and its anomalies in the order in which they opened. */
import type { Severity } from '../../../topics/anomaly.ts';
import { compareBadness } from '../found-anomalies.ts';
import type { Story } from '../links/stories.ts';
import { momentText } from './moment.ts';
import type { Paint } from './paint.ts';
import { counted, printable, seriesName, shortened } from './plain-text.ts';

export interface StoryTextOptions {
  readonly width: number;
  readonly timeZone: string;
  readonly paint: Paint;
  /** Anomalies of each that are shown. */
  readonly anomalies: number;
}

const SHOWN_ENTITIES = 3;

/** The story with the worst anomaly first. */
export function compareStories(a: Story, b: Story): number {
  const [worstA, worstB] = [a, b].map((story) => story.map(({ record }) => record).sort(compareBadness)[0]!);
  return compareBadness(worstA!, worstB!);
}

export function storyText(
  story: Story,
  { width, timeZone, paint, anomalies: most }: StoryTextOptions,
): string {
  const entities = [...new Set(story.map(({ series }) => series.entity))];
  const more = entities.length - SHOWN_ENTITIES;
  const names = entities.slice(0, SHOWN_ENTITIES).map(printable).join(', ');
  const days = momentText(story[0]!.record.opened_at, timeZone).slice(0, 10);
  const lines = story.slice(0, most).map(({ series, record }) => {
    const severity = record.severity as Severity;
    const at = momentText(record.opened_at, timeZone);
    const when = at.slice(0, 10) === days ? at.slice(11) : at;
    const text = `${record.anomaly_type.padEnd(11)} ${seriesName(series)}`;
    return `  ${when}  ${paint(severity.padEnd(8), severity)} ${shortened(text, width - when.length - 13)}`;
  });
  const title = `${days}: ${counted(story.length, 'anomaly', 'anomalies')} on ${names}${more > 0 ? ` and ${more} more` : ''}`;
  return [
    shortened(title, width),
    ...lines,
    ...(story.length > most
      ? [`  and ${counted(story.length - most, 'more anomaly', 'more anomalies')}`]
      : []),
    '',
  ].join('\n');
}
