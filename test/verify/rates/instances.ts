/** What an interface is called: ifName if unique on the device, else ifName#ifIndex (topics.md, Identity). */
import type { RawRecord, Value } from '../records.ts';

interface Owner {
  readonly index: number;
  readonly part: number;
}

export interface Names {
  /** Once two rows of one poll shared a name it is qualified for good. */
  ambiguous: Set<string>;
  /** Which row of the newest layout has a name. */
  owners: Map<string, Owner>;
  /** The poll that each part came with last. */
  polls: Map<number, string>;
  /** The last known name of an ifIndex, and the index an instance had: for partial polls that lost ifName. */
  byIndex: Map<number, string>;
  indexOf: Map<string, number>;
}

export type Refusal = 'too_many_rows' | 'duplicate_row';

const MAX_ROWS = 20_000;
const MAX_PARTS = 1_000;

export function newNames(): Names {
  return {
    ambiguous: new Set(),
    owners: new Map(),
    polls: new Map(),
    byIndex: new Map(),
    indexOf: new Map(),
  };
}

/** The instance of each row, or why the reading is a dead letter. */
export function instancesOf(names: Names, raw: RawRecord): string[] | Refusal {
  const { part, parts, poll_id: poll, rows } = raw;
  if (rows.length === 0) return [];
  if (part < 1 || Math.max(part, parts) > MAX_PARTS || rows.length > MAX_ROWS) return 'too_many_rows';
  if (names.polls.size > parts) {
    for (const old of names.polls.keys()) if (old > Math.max(part, parts)) forgetPart(names, old);
  }
  const indexes = rows.map((row) => Number(row['if_index']));
  const read = rows.map((row) => text(row['if_name']));
  const known =
    raw.status === 'partial' ? read.map((name, row) => name ?? guess(names, indexes[row]!, read)) : read;

  forgetPart(names, part);
  const here = new Map<string, number>();
  for (const [row, name] of known.entries()) {
    if (name === null || names.ambiguous.has(name)) continue;
    const index = indexes[row]!;
    const owner = names.owners.get(name);
    const elsewhere = owner !== undefined && owner.index !== index && names.polls.get(owner.part) === poll;
    if ((here.get(name) ?? index) !== index || elsewhere) names.ambiguous.add(name);
    here.set(name, index);
  }
  const instances = known.map((name, row) => {
    if (name === null) return `#${indexes[row]!}`;
    return names.ambiguous.has(name) ? `${name}#${indexes[row]!}` : name;
  });
  if (new Set(instances).size < instances.length) return 'duplicate_row';

  names.polls.set(part, poll);
  for (const [row, name] of known.entries()) {
    const index = indexes[row]!;
    const instance = instances[row]!;
    const before = names.indexOf.get(instance);
    if (before !== undefined && before !== index && name !== null && names.byIndex.get(before) === name) {
      names.byIndex.delete(before);
    }
    names.indexOf.set(instance, index);
    if (name === null) continue;
    names.byIndex.set(index, name);
    names.owners.set(name, { index, part });
  }
  return instances;
}

/** A row of a partial poll without a name has the one that its ifIndex had, unless another row has it now. */
function guess(names: Names, index: number, read: readonly (string | null)[]): string | null {
  const known = names.byIndex.get(index);
  if (known === undefined) return null;
  return read.includes(known) && !names.ambiguous.has(known) ? null : known;
}

function forgetPart(names: Names, part: number): void {
  names.polls.delete(part);
  for (const [name, owner] of names.owners) if (owner.part === part) names.owners.delete(name);
}

function text(value: Value | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
