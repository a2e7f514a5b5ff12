/** Anomalies that belong together: they open close in time on one entity, or on entities that are linked. */
import type { FoundAnomaly } from '../found-anomalies.ts';
import { keyOf, type Place } from './linked-places.ts';

/** Two anomalies at least, in the order of their opening. */
export type Story = readonly FoundAnomaly[];

/** So close two anomalies open, however often their series have values; or else within so many intervals. */
const CLOSE_MS = 300_000;
const CLOSE_INTERVALS = 3;
/** A story goes on as long as anomalies follow each other, but not for ever: so many times as long as they may lie apart. */
const MOST_STEPS = 24;

/** The latest anomaly of a place, and the story that it is in. */
interface Latest {
  readonly anomaly: FoundAnomaly;
  readonly chapter: Chapter;
}

/** Part of a story. Where two turn out to be one, the smaller goes into the other and points there. */
interface Chapter {
  anomalies: FoundAnomaly[];
  firstMs: number;
  into: Chapter | undefined;
}

/**
 * `found`: in the order of their opening. `linkedTo`: the places that a place is linked to; one without an instance stands
 * for all of its entity. An anomaly that is close to several stories makes them one.
 */
export function storiesOf(
  found: readonly FoundAnomaly[],
  linkedTo: (place: Place) => readonly Place[] = () => [],
): Story[] {
  /** By entity, the latest of any instance; by entity and instance, its own. */
  const latest = new Map<string, Latest>();
  const chapters: Chapter[] = [];
  for (const anomaly of found) {
    const { entity, instance } = anomaly.series;
    let chapter: Chapter | undefined;
    for (const place of [{ entity, instance: '' }, ...linkedTo({ entity, instance })]) {
      const near = latest.get(keyOf(place));
      if (near === undefined || !areClose(near, anomaly)) continue;
      chapter = chapter === undefined ? whole(near.chapter) : joined(whole(near.chapter), chapter);
    }
    if (chapter === undefined) {
      chapter = { anomalies: [], firstMs: anomaly.record.opened_at, into: undefined };
      chapters.push(chapter);
    }
    chapter.anomalies.push(anomaly);
    latest.set(keyOf({ entity, instance: '' }), { anomaly, chapter });
    if (instance !== '') latest.set(keyOf({ entity, instance }), { anomaly, chapter });
  }
  return chapters
    .filter(({ into, anomalies }) => into === undefined && anomalies.length > 1)
    .map(({ anomalies }) => anomalies.sort((a, b) => a.record.opened_at - b.record.opened_at));
}

function areClose({ anomaly, chapter }: Latest, next: FoundAnomaly): boolean {
  const intervalMs = Math.max(intervalOf(anomaly), intervalOf(next));
  const closeMs = Math.max(CLOSE_MS, CLOSE_INTERVALS * intervalMs);
  const openedMs = next.record.opened_at;
  return (
    openedMs - anomaly.record.opened_at <= closeMs &&
    openedMs - whole(chapter).firstMs <= MOST_STEPS * closeMs
  );
}

function intervalOf({ series }: FoundAnomaly): number {
  const { ms } = series.interval;
  return Number.isNaN(ms) ? 0 : ms;
}

function whole(chapter: Chapter): Chapter {
  let last = chapter;
  while (last.into !== undefined) last = last.into;
  return last;
}

function joined(a: Chapter, b: Chapter): Chapter {
  if (a === b) return a;
  const [small, large] = a.anomalies.length < b.anomalies.length ? [a, b] : [b, a];
  large.anomalies.push(...small.anomalies);
  large.firstMs = Math.min(large.firstMs, small.firstMs);
  small.anomalies = [];
  small.into = large;
  return large;
}
