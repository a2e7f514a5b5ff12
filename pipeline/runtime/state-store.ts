/** The state of one task: columns by stage and name, objects by stage and name, and slots that never move. */
import type { Reading } from '../model/reading.ts';
import { StateColumn, type ColumnDeclaration, type ColumnType } from '../model/state.ts';
import type { ObjectState, StageContext, StageDefinition } from '../stages/stage.ts';

/** A column as a checkpoint names it. */
export interface RegisteredColumn {
  readonly stage: string;
  readonly column: StateColumn;
}

export class StateStore {
  readonly #columns = new Map<string, RegisteredColumn>();
  readonly #objects = new Map<string, Map<string, unknown>>();
  #entities = 0;
  #rows = 0;

  /** Allocates the stage's columns. @throws TypeError when it declares one twice. */
  context(stage: Pick<StageDefinition, 'name' | 'columns'>, reading: Reading): StageContext {
    for (const declaration of stage.columns) {
      const name = columnName(stage.name, declaration);
      if (this.#columns.has(name)) throw new TypeError(`state column ${name} is declared twice`);
      this.#columns.set(name, { stage: stage.name, column: new StateColumn(declaration) });
    }
    return {
      reading,
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
      const { scope, initial = 0 } = column.declaration;
      if (scope === 'entity') continue;
      for (let k = 0; k < column.width; k += 1) column.set(slot, initial, k);
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

  /** Irregular state by stage and name: shared, so encode it before the next record. */
  objects(): ReadonlyMap<string, ReadonlyMap<string, unknown>> {
    return this.#objects;
  }

  /** Takes irregular state over. What no stage asks for (any more) is dropped. */
  restoreObjects(objects: ReadonlyMap<string, ReadonlyMap<string, unknown>>): void {
    for (const [name, values] of objects) {
      const into = this.#objects.get(name);
      if (into !== undefined) for (const [key, value] of values) into.set(key, value);
    }
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

  #objectState<V>(name: string): ObjectState<V> {
    let objects = this.#objects.get(name) as Map<string, V> | undefined;
    if (objects === undefined) {
      objects = new Map<string, V>();
      this.#objects.set(name, objects);
    }
    return objects;
  }
}

function columnName(stage: string, { name, metric }: ColumnDeclaration): string {
  return metric === undefined ? `${stage}.${name}` : `${stage}.${name}.${metric}`;
}
