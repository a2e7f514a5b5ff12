/**
 * Reads what checkpoints held before they had small units (manifest format 1): all cells of a segment, all irregular
 * state, the whole directory. Everything that is read counts as changed, so that the next checkpoint holds it anew.
 */
import { columnBytes, SEGMENT_BITS, SEGMENT_SLOTS } from '../model/state.ts';
import type { Directory, FormatOneEntity } from './directory.ts';
import { decodedUnit, ObjectUnits } from './object-units.ts';
import { CellSet, HotUnits, type SavedUnit, type SlotCounts } from './state-units.ts';
import { Source } from './unit-bytes.ts';
import type { OlderUnits } from './state-snapshot.ts';
import type { StateStore } from './state-store.ts';

/** `row.cell.3` of format 1 is the unit `format1.row.cell.3`; `objects` is `format1.objects.0`. */
export function formatOneName(chunk: string): string {
  return `format1.${chunk}${/\d$/.test(chunk) ? '' : '.0'}`;
}

/** The chunk that a unit was in format 1; undefined for units of later formats. */
export function formatOneChunk(unit: string): string | undefined {
  return unit.startsWith('format1.')
    ? unit.slice('format1.'.length).replace(/^(objects|directory)\.0$/, '$1')
    : undefined;
}

/** By the names of their units, without `.<number>`. */
export function formatOneUnits(store: StateStore, directory: Directory): OlderUnits[] {
  const families = store.families();
  const scopes = ['entity', 'row'] as const;
  return [
    ...families
      .filter((family) => family instanceof HotUnits)
      .map((family) => ({
        name: `format1.${family.name}`,
        restore(unit: number, saved: SavedUnit) {
          family.restore(unit, saved);
          family.marks.willWrite(unit);
        },
      })),
    ...scopes.map((scope) => ({
      name: `format1.${scope}.cell`,
      restore: (segment: number, saved: SavedUnit) =>
        restoreCells(
          segment,
          saved,
          scope,
          store.cellSets().filter((set) => set.scope === scope),
        ),
    })),
    {
      name: 'format1.objects',
      restore(_unit, saved) {
        const maps = decodedUnit(saved) as ReadonlyMap<string, ReadonlyMap<string, unknown>>;
        for (const family of families) {
          if (!(family instanceof ObjectUnits)) continue;
          family.take(maps.get(family.name.slice('objects.'.length)) ?? new Map());
          family.marks.willWrite(0);
        }
      },
    },
    {
      name: 'format1.directory',
      restore(_unit, saved) {
        for (const entity of decodedUnit(saved) as FormatOneEntity[]) directory.restoreFormatOne(entity);
      },
    },
  ];
}

function restoreCells(
  segment: number,
  saved: SavedUnit,
  scope: CellSet['scope'],
  sets: readonly CellSet[],
): void {
  const source = new Source(saved);
  for (const layout of saved.columns) {
    if (layout.scope !== scope || layout.group !== 'cell') continue;
    const column = sets.find((set) => set.isMember(layout))?.columns.get(layout.name);
    for (let k = 0; k < layout.width; k += 1) {
      const bytes = source.take(saved.slots * columnBytes(layout.type));
      column?.bytesOf(segment << SEGMENT_BITS, saved.slots, k).set(bytes);
    }
  }
  for (const { cells, width } of sets) {
    for (let k = 0; k < width; k += 1) cells.marks.willWrite(segment * width + k);
  }
}

/** Slots of a segment. */
export function formatOneSlots(chunk: string, { entities, rows }: SlotCounts): number {
  const [, scope, segment] = /^(entity|row)\.(?:hot|cell)\.(\d+)$/.exec(chunk) ?? [];
  if (scope === undefined) return 0;
  const slots = scope === 'entity' ? entities : rows;
  return Math.max(0, Math.min(SEGMENT_SLOTS, slots - Number(segment) * SEGMENT_SLOTS));
}
