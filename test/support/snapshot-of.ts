/** A snapshot of units that are all there and have all changed. */
import type { StateSnapshot, UnitCopy } from '../../pipeline/runtime/state-snapshot.ts';

export function snapshotOf(units: readonly UnitCopy[]): StateSnapshot {
  let next = 0;
  return {
    layout: { entities: 0, rows: 0, columns: [] },
    changed: units.map(({ name, bytes }) => ({ name, bytes: bytes.length })),
    include() {
      // Nothing is left out.
    },
    next: () => (next < units.length ? units[next++] : undefined),
    get left() {
      return units.length - next;
    },
    longestMs: 0,
    obsolete: () => [],
  };
}
