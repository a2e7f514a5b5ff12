/** What people read about topics: many of them in one sentence. */
import type { TopicChange } from './port.ts';

/** Of a longer list the rest is a number. */
const NAMED = 5;

/** `topic a`, `topics a, b` or, beyond five, `topics a, b, c, d, e and 7 more`. */
export function topicList(topics: readonly string[]): string {
  const more = topics.length - NAMED;
  const names = topics.slice(0, NAMED).join(', ');
  return `${topics.length === 1 ? 'topic' : 'topics'} ${names}${more > 0 ? ` and ${more} more` : ''}`;
}

/** One sentence for each problem, with the topics that have it and the way out; empty when nothing is refused. */
export function refusals(changes: readonly TopicChange[]): string[] {
  const topicsOf = new Map<string, string[]>();
  for (const change of changes) {
    if (change.kind !== 'refuse') continue;
    const what = `${change.problem}: ${change.advice}`;
    topicsOf.set(what, [...(topicsOf.get(what) ?? []), change.topic]);
  }
  return Array.from(
    topicsOf,
    ([what, topics]) => `${topicList(topics)} ${topics.length === 1 ? 'has' : 'have'} ${what}`,
  );
}
