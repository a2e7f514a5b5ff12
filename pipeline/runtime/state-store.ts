/** The state of one task: columns by stage and name, objects by stage and name, and slots that never move. */
import type { Reading } from '../model/reading.ts';
import { StateColumn, type ColumnDeclaration, type ColumnType } from '../model/state.ts';
import { SEGMENT_BITS } from '../model/state-marks.ts';
import type { ObjectState, StageContext, StageIdentity, StateContext } from '../stages/stage.ts';
import { ObjectUnits } from './object-units.ts';
import { CellSet, HotUnits, type UnitFamily } from './state-units.ts';

/** A column as a checkpoint names it. */
export interface RegisteredColumn {
  readonly stage: string;
  readonly column: StateColumn;
}

export class StateStore {
  readonly #columns = new Map<string, RegisteredColumn>();
  readonly #hot = { entity: new HotUnits('entity'), row: new HotUnits('row') };
  readonly #cells = new Map<string, CellSet>();
  readonly #objects = new Map<string, ObjectUnits<unknown>>();
  #entities = 0;
  #rows = 0;

  /** Allocates the stage's columns. @throws TypeError when it declares one twice. */
  context(stage: Pick<StageIdentity, 'name' | 'columns'>, reading: Reading): StageContext {
    return { ...this.stateContext(stage), reading };
  }

  /** The same for a stage that folds no readings. */
  stateContext(stage: Pick<StageIdentity, 'name' | 'columns'>): StateContext {
    for (const declaration of stage.columns) {
      const name = columnName(stage.name, declaration);
      if (this.#columns.has(name)) throw new TypeError(`state column ${name} is declared twice`);
      this.#columns.set(name, { stage: stage.name, column: this.#newColumn(stage.name, name, declaration) });
    }
    return {
      column: <T extends ColumnType>(declaration: ColumnDeclaration<T>) => {
        const registered = this.#columns.get(columnName(stage.name, declaration));
        if (registered === undefined) {
          throw new TypeError(
            `stage ${stage.name} asks for the column ${declaration.name}, which it did not declare`,
          );
        }
        return registered.column as StateColumn<T>;
      },
      objects: <V>(name: string) => this.#objectState<V>(`${stage.name}.${name}`),
    };
  }

  /** A slot for a new entity. */
  newEntity(): number {
    this.#entities += 1;
    for (const { column } of this.#columns.values()) {
      if (column.declaration.scope === 'entity') column.ensure(this.#entities);
    }
    return this.#entities - 1;
  }

  /** The first of `count` consecutive slots for new rows. */
  newRows(count: number): number {
    this.#rows += count;
    for (const { column } of this.#columns.values()) {
      if (column.declaration.scope !== 'entity') column.ensure(this.#rows);
    }
    return this.#rows - count;
  }

  /** Sets what the columns hold of a row, and of its series, to what a new slot holds. */
  resetRow(slot: number): void {
    for (const { column } of this.#columns.values()) {
      if (column.declaration.scope !== 'entity') column.reset(slot);
    }
  }

  /** Room for what a checkpoint holds. @throws TypeError when there are slots already. */
  reserve(entities: number, rows: number): void {
    if (this.#entities > 0 || this.#rows > 0) throw new TypeError('the state has slots already');
    this.#entities = entities;
    this.#rows = rows;
    for (const { column } of this.#columns.values()) {
      const slots = column.declaration.scope === 'entity' ? entities : rows;
      if (slots > 0) column.ensure(slots);
    }
  }

  /** Before the stages fold a reading: they write hot columns of its entity and of its rows without a word. */
  willFold({ entitySlot, slots, rowCount }: Reading): void {
    this.#hot.entity.marks.willWrite(entitySlot >>> SEGMENT_BITS);
    let last = -1;
    for (let row = 0; row < rowCount; row += 1) {
      const segment = slots[row]! >>> SEGMENT_BITS;
      if (segment === last) continue;
      this.#hot.row.marks.willWrite(segment);
      last = segment;
    }
  }

  /** Before hot columns of the slot, as an entity's and as a row's, are written without a word. */
  willWrite(slot: number): void {
    this.#hot.entity.marks.willWrite(slot >>> SEGMENT_BITS);
    this.#hot.row.marks.willWrite(slot >>> SEGMENT_BITS);
  }

  /** Everything that a checkpoint holds of it. */
  families(): UnitFamily[] {
    const cells = this.cellSets().flatMap((set) => [set.cells, set.blocks]);
    return [...this.#objects.values(), this.#hot.entity, this.#hot.row, ...cells];
  }

  cellSets(): CellSet[] {
    return [...this.#cells.values()];
  }

  get entities(): number {
    return this.#entities;
  }

  get rows(): number {
    return this.#rows;
  }

  /** Every column, for checkpoints and tests. */
  columns(): IterableIterator<[string, RegisteredColumn]> {
    return this.#columns.entries();
  }

  /** Bytes allocated in columns, by stage. */
  bytesByStage(): Map<string, number> {
    const bytes = new Map<string, number>();
    for (const { stage, column } of this.#columns.values()) {
      bytes.set(stage, (bytes.get(stage) ?? 0) + column.bytes);
    }
    return bytes;
  }

  #newColumn(stage: string, name: string, declaration: ColumnDeclaration): StateColumn {
    const scope = declaration.scope === 'entity' ? 'entity' : 'row';
    const { group, width = 1 } = declaration;
    let units: HotUnits | CellSet;
    if (group === 'hot') units = this.#hot[scope];
    else {
      const set = `${scope} ${stage} ${width}`;
      units = this.#cells.get(set) ?? new CellSet(scope, stage, width);
      this.#cells.set(set, units);
    }
    const column = new StateColumn(declaration, units.columnMarks);
    units.columns.set(name, column);
    return column;
  }

  #objectState<V>(of: string): ObjectState<V> {
    const name = `objects.${of}`;
    let objects = this.#objects.get(name) as ObjectUnits<V> | undefined;
    if (objects === undefined) {
      objects = new ObjectUnits<V>(name);
      this.#objects.set(name, objects);
    }
    return objects;
  }
}

function columnName(stage: string, { name, metric }: ColumnDeclaration): string {
  return metric === undefined ? `${stage}.${name}` : `${stage}.${name}.${metric}`;
}
