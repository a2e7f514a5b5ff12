/** The state of one processor or stage into another, through what a checkpoint would hold. */
import { loadSnapshot, takeSnapshot, type SlotDirectory } from '../../pipeline/runtime/state-snapshot.ts';
import type { StateStore } from '../../pipeline/runtime/state-store.ts';

interface Stateful {
  readonly state: StateStore;
  /** Who knows the slots; nobody unless told. */
  readonly directory?: SlotDirectory;
}

const NOBODY: SlotDirectory = { families: () => [] };

/** `to` is as new, and this is the first snapshot of `from`: a later one would hold what has changed since. */
export function copyState(from: Stateful, to: Stateful): void {
  const snapshot = takeSnapshot(from.state, from.directory ?? NOBODY);
  const { layout } = snapshot;
  const loader = loadSnapshot(layout, [layout.columns], to.state, to.directory ?? NOBODY);
  for (let unit = snapshot.next(); unit !== undefined; unit = snapshot.next())
    loader.load({ ...unit, columns: layout.columns });
}
