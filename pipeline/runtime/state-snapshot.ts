/**
 * A task's whole state as bytes: one chunk a (scope, column group, segment), in it the used slots of each column, and
 * one chunk each for irregular state and the directory. Taken in one synchronous step, so it is of one instant.
 */
import { deserialize, serialize } from 'node:v8';
import {
  SEGMENT_BITS,
  SEGMENT_SLOTS,
  type ColumnDeclaration,
  type ColumnType,
  type StateColumn,
} from '../model/state.ts';
import { PermanentError } from '../model/errors.ts';
import type { Directory, DirectorySnapshot } from './directory.ts';
import type { StateStore } from './state-store.ts';

/** A column as a checkpoint names it: what is read back by name may stand elsewhere by then. */
export interface ColumnLayout {
  /** `<stage>.<column>[.<metric>]` */
  readonly name: string;
  readonly type: ColumnType;
  readonly width: number;
  readonly scope: 'entity' | 'row';
  readonly group: ColumnDeclaration['group'];
}

export interface StateLayout {
  readonly entities: number;
  readonly rows: number;
  /** In the order in which they stand in each chunk of their scope and group. */
  readonly columns: readonly ColumnLayout[];
}

export interface StateChunk {
  /** `row.hot.0`, `entity.cell.2`, `objects`, `directory` */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface StateSnapshot {
  readonly layout: StateLayout;
  readonly chunks: readonly StateChunk[];
}

const OBJECTS = 'objects';
const DIRECTORY = 'directory';

interface ChunkPlace {
  readonly name: string;
  readonly scope: ColumnLayout['scope'];
  readonly group: ColumnLayout['group'];
  readonly segment: number;
  /** Slots of the segment that are in use. */
  readonly used: number;
}

export function takeSnapshot(store: StateStore, directory: Directory): StateSnapshot {
  const columns = new Map<string, StateColumn>();
  const layouts: ColumnLayout[] = [];
  for (const [name, { column }] of store.columns()) {
    columns.set(name, column);
    layouts.push(layoutOf(name, column));
  }
  const layout: StateLayout = { entities: store.entities, rows: store.rows, columns: layouts };
  const chunks = places(layout).map((place): StateChunk => {
    const members = layouts.filter((one) => isIn(one, place)).map(({ name }) => columns.get(name)!);
    const size = members.reduce((sum, column) => sum + column.usedBytes(place.used), 0);
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const column of members) at = column.writeTo(bytes, at, place.segment, place.used);
    return { name: place.name, bytes };
  });
  return {
    layout,
    chunks: [
      ...chunks,
      { name: OBJECTS, bytes: serialize(store.objects()) },
      { name: DIRECTORY, bytes: serialize(directory.snapshot()) },
    ],
  };
}

/**
 * Fills an empty state. A column that the snapshot lacks keeps its initial values, one that nobody declares any more
 * is skipped. @throws PermanentError when a column's type or width differs, or a chunk is missing or cut.
 */
export function restoreSnapshot(snapshot: StateSnapshot, store: StateStore, directory: Directory): void {
  const { layout } = snapshot;
  const chunks = new Map(snapshot.chunks.map(({ name, bytes }) => [name, bytes]));
  const columns = new Map(Array.from(store.columns(), ([name, { column }]) => [name, column]));
  for (const saved of layout.columns) assertSameMeaning(saved, columns.get(saved.name));
  store.reserve(layout.entities, layout.rows);
  for (const place of places(layout)) {
    const bytes = chunkOf(chunks, place.name);
    let at = 0;
    for (const saved of layout.columns.filter((one) => isIn(one, place))) {
      const size = savedBytes(saved, place.used);
      if (at + size > bytes.length) throw cut(place.name, bytes.length);
      columns.get(saved.name)?.readFrom(bytes, at, place.segment, place.used);
      at += size;
    }
  }
  store.restoreObjects(decoded(OBJECTS, chunks) as ReturnType<StateStore['objects']>);
  directory.restore(decoded(DIRECTORY, chunks) as DirectorySnapshot);
}

function layoutOf(name: string, { declaration, width }: StateColumn): ColumnLayout {
  const { type, scope, group } = declaration;
  return { name, type, width, scope: scope === 'entity' ? 'entity' : 'row', group };
}

function places({ entities, rows, columns }: StateLayout): ChunkPlace[] {
  return (['entity', 'row'] as const).flatMap((scope) =>
    (['hot', 'cell'] as const).flatMap((group) => {
      if (!columns.some((column) => column.scope === scope && column.group === group)) return [];
      const slots = scope === 'entity' ? entities : rows;
      return Array.from({ length: (slots + SEGMENT_SLOTS - 1) >>> SEGMENT_BITS }, (_, segment) => ({
        name: `${scope}.${group}.${segment}`,
        scope,
        group,
        segment,
        used: Math.min(SEGMENT_SLOTS, slots - segment * SEGMENT_SLOTS),
      }));
    }),
  );
}

function isIn(column: ColumnLayout, { scope, group }: ChunkPlace): boolean {
  return column.scope === scope && column.group === group;
}

const BYTES: Readonly<Record<ColumnType, number>> = { f64: 8, f32: 4, u32: 4, i32: 4, u16: 2, u8: 1 };

function savedBytes({ type, width }: ColumnLayout, used: number): number {
  return BYTES[type] * width * used;
}

function assertSameMeaning(saved: ColumnLayout, column: StateColumn | undefined): void {
  if (column === undefined) return;
  const now = layoutOf(saved.name, column);
  const shape = ({ type, width, scope, group }: ColumnLayout) => `${type} x ${width}, ${scope}, ${group}`;
  if (shape(saved) !== shape(now)) {
    throw new PermanentError(
      `state column ${saved.name} is (${shape(now)}) now and (${shape(saved)}) in the checkpoint: run the version ` +
        'that wrote it, or give the changed column another name (it starts empty then)',
    );
  }
}

function chunkOf(chunks: ReadonlyMap<string, Uint8Array>, name: string): Uint8Array {
  const bytes = chunks.get(name);
  if (bytes === undefined) throw new PermanentError(`the checkpoint lacks its chunk ${name}`);
  return bytes;
}

function cut(name: string, length: number): PermanentError {
  return new PermanentError(`the checkpoint's chunk ${name} is cut at ${length} bytes`);
}

function decoded(name: string, chunks: ReadonlyMap<string, Uint8Array>): unknown {
  const bytes = chunkOf(chunks, name);
  try {
    return deserialize(bytes);
  } catch (cause) {
    throw new PermanentError(`the checkpoint's chunk ${name} of ${bytes.length} bytes cannot be decoded`, {
      cause,
    });
  }
}
