/** What is done to the run and when, by seed. */
import type { Chance } from './chance.ts';
import type { MemberKind } from './member.ts';

export type Event =
  | { readonly atMs: number; readonly kind: 'kill'; readonly member: MemberKind; readonly downMs: number }
  | { readonly atMs: number; readonly kind: 'add' | 'remove'; readonly member: MemberKind }
  /** kill -9 of the broker, then a start with its data. */
  | { readonly atMs: number; readonly kind: 'kill_broker' }
  /** All tasks are killed at once; while they are down their group is deleted, or its offsets lose their metadata. */
  | { readonly atMs: number; readonly kind: 'delete_group' | 'lose_metadata' };

export interface PlanOptions {
  readonly chance: Chance;
  readonly durationMs: number;
  /** Of each kind of member. */
  readonly kills: number;
}

/** Members have their first seconds in peace. */
const PEACE_MS = 4_000;
const MEMBERS: readonly MemberKind[] = ['process', 'sink'];

export function plan({ chance, durationMs, kills }: PlanOptions): Event[] {
  const anyTime = () => PEACE_MS + chance.below(Math.max(1, durationMs - PEACE_MS));
  const events: Event[] = [];
  for (const member of MEMBERS) {
    for (let at = 0; at < kills; at += 1) {
      // Some come back at once, some after their session has ended.
      events.push({ atMs: anyTime(), kind: 'kill', member, downMs: chance.below(2_500) });
    }
    for (let at = 0; at < Math.ceil(kills / 4); at += 1) {
      events.push({ atMs: anyTime(), kind: 'add', member }, { atMs: anyTime(), kind: 'remove', member });
    }
  }
  const share = (of: number) => Math.round(durationMs * (of + chance.next() * 0.1));
  events.push({ atMs: share(0.3), kind: 'lose_metadata' });
  events.push({ atMs: share(0.5), kind: 'kill_broker' });
  events.push({ atMs: share(0.75), kind: 'delete_group' });
  return events.sort((a, b) => a.atMs - b.atMs);
}
