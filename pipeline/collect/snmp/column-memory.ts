/**
 * Which columns a device has. Absent ones are not asked for at each poll (an old switch lacks eight of them), but
 * asked again now and then: after 1, 2, 4 ... 64 polls, and after the agent restarted.
 */
import { parentOid } from './oid.ts';
import type { Profile, ProfileColumn } from './profile.ts';

/** One column to walk: the profile's row and the OID in use. */
export interface ColumnRead {
  readonly profile: ProfileColumn;
  readonly oid: string;
  /** The entry that it belongs to: columns of one table are asked for together. */
  readonly table: string;
  /** Fills only the rows that are still unknown. */
  readonly isFallback: boolean;
}

export type Presence = 'present' | 'absent';

/** The longest distance of two probes, in polls. */
const MAX_PROBE_DISTANCE = 64;

export class ColumnMemory {
  readonly #first: readonly ColumnRead[];
  readonly #others: readonly ColumnRead[];
  readonly #presence = new Map<string, Presence>();
  #probeDistance = 1;
  #pollsToProbe = 0;

  constructor(profile: Profile) {
    const { first, others } = readsOf(profile);
    this.#first = first;
    this.#others = others;
  }

  /** Columns that the next poll walks in any case. */
  planned(): ColumnRead[] {
    if (this.#isProbing) return [...this.#first];
    // What replaces a column that is known to be absent goes into the same requests as its neighbours.
    return [
      ...this.#first.filter(({ oid }) => this.#presence.get(oid) !== 'absent'),
      ...this.#others.filter((one) => !one.isFallback && this.#replacesAbsent(one) && !this.#isAbsent(one)),
    ];
  }

  /**
   * What the columns walked so far make necessary: replacements and fallbacks of absent ones and of those with gaps
   * (RFC 2863 3.1.6 wants wide counters of fast interfaces only: an agent may have them for some of its rows).
   */
  replacements(walked: ReadonlySet<ColumnRead>, hasGaps: (field: string) => boolean): ColumnRead[] {
    return this.#others.filter(
      (one) =>
        !walked.has(one) &&
        (this.#isProbing || !this.#isAbsent(one)) &&
        (this.#replacesAbsent(one) || hasGaps(one.profile.onlyWithout ?? one.profile.field)),
    );
  }

  /** What a walk has shown about a column. */
  learn({ oid }: ColumnRead, presence: Presence): void {
    if (this.#presence.get(oid) === 'present' && presence === 'absent') {
      // It was there a moment ago (a subagent is away, say): look again at the next poll.
      this.#probeDistance = 1;
      this.#pollsToProbe = Math.min(this.#pollsToProbe, 1);
    }
    this.#presence.set(oid, presence);
  }

  /** Ends a poll whose walks all came to their ends. */
  pollDone(): void {
    if (this.#isProbing) {
      this.#pollsToProbe = this.#probeDistance;
      this.#probeDistance = Math.min(MAX_PROBE_DISTANCE, this.#probeDistance * 2);
    }
    this.#pollsToProbe -= 1;
  }

  /** The agent restarted: it may be another version with other columns, and tables may come late. */
  forget(): void {
    this.#presence.clear();
    this.#probeDistance = 1;
    this.#pollsToProbe = 0;
  }

  get #isProbing(): boolean {
    return this.#pollsToProbe <= 0;
  }

  #isAbsent({ oid }: ColumnRead): boolean {
    return this.#presence.get(oid) === 'absent';
  }

  #replacesAbsent({ profile: { onlyWithout } }: ColumnRead): boolean {
    const replaced = this.#first.find(({ profile: { field } }) => field === onlyWithout);
    return replaced !== undefined && this.#isAbsent(replaced);
  }
}

/** Ten thousand devices share the reads of their profile. */
const READS = new WeakMap<Profile, { first: readonly ColumnRead[]; others: readonly ColumnRead[] }>();

function readsOf(profile: Profile): { first: readonly ColumnRead[]; others: readonly ColumnRead[] } {
  const there = READS.get(profile);
  if (there !== undefined) return there;
  const reads = profile.columns.flatMap((row) => [read(row, row.oid, false), ...fallbacksOf(row)]);
  const first = reads.filter((one) => !one.isFallback && one.profile.onlyWithout === undefined);
  const made = { first, others: reads.filter((one) => !first.includes(one)) };
  READS.set(profile, made);
  return made;
}

function read(profile: ProfileColumn, oid: string, isFallback: boolean): ColumnRead {
  return { profile, oid, table: parentOid(oid), isFallback };
}

function fallbacksOf(row: ProfileColumn): ColumnRead[] {
  return (row.fallbacks ?? []).map((oid) => read(row, oid, true));
}
