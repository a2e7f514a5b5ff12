/** A directory over an empty state, and readings of one entity to resolve in it. */
import { expect } from '@jest/globals';
import { Reading } from '../../pipeline/model/reading.ts';
import { Directory } from '../../pipeline/runtime/directory.ts';
import { StateStore } from '../../pipeline/runtime/state-store.ts';

/** ifIndex and ifName. */
export type PortRow = readonly [number, string | null];

export class DirectoryLab {
  readonly state = new StateStore();
  readonly directory = new Directory(this.state);
  #polls = 0;

  /** A part of a poll; of the next poll unless told. */
  reading(rows: readonly PortRow[], part = 1, pollId = `poll-${(this.#polls += 1)}`): Reading {
    const made = new Reading().add([
      { name: 'if_index', kind: 'number' },
      { name: 'if_name', kind: 'text' },
    ]);
    made.reset(rows.length);
    Object.assign(made, { entity: 'd/device/a', part, parts: 3, pollId });
    for (const [row, [index, name]] of rows.entries()) {
      made.number('if_index').values[row] = index;
      made.text('if_name').set(row, name);
    }
    return made;
  }

  /** What the directory says of a complete reading, which it takes. */
  resolved(rows: readonly PortRow[], part?: number, pollId?: string) {
    const made = this.reading(rows, part, pollId);
    expect(this.directory.resolve(made)).toBeUndefined();
    return {
      slots: [...made.slots.slice(0, rows.length)],
      names: made.instances.slice(0, rows.length),
      fresh: [...made.fresh.slice(0, rows.length)],
    };
  }
}
