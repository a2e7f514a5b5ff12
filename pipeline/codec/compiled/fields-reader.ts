/** The fields of a writer's record in their order: wanted ones go where the reader says, others are skipped. */
import type avro from 'avsc';
import { Cursor } from './cursor.ts';
import { skipper } from './skip.ts';
import type { Read } from './value-reader.ts';

/** Makes the reader of a field, or undefined for one that nobody wants. */
export type FieldReaders = (name: string) => ((reader: avro.Type, writer: avro.Type) => Read) | undefined;

/** One field of the writer, in order, or a default of the reader, after them. */
export interface FieldStep {
  /** The types that a wanted field is read by; undefined for a skipped field or a default. */
  readonly wanted:
    { readonly name: string; readonly reader: avro.Type; readonly writer: avro.Type } | undefined;
  readonly read: Read;
  /** A default that is null: where all is unknown beforehand there is nothing to do. */
  readonly isNull: boolean;
}

export function fieldsReader(
  reader: avro.types.RecordType,
  writer: avro.types.RecordType,
  readers: FieldReaders,
): Read {
  const steps = fieldSteps(reader, writer, readers).map(({ read }) => read);
  return (cursor, row) => {
    for (const step of steps) step(cursor, row);
  };
}

export function fieldSteps(
  reader: avro.types.RecordType,
  writer: avro.types.RecordType,
  readers: FieldReaders,
): FieldStep[] {
  const steps = writer.fields.map((field): FieldStep => {
    const target = reader.fields.find(
      ({ name, aliases }) => name === field.name || aliases.includes(field.name),
    );
    const make = target === undefined ? undefined : readers(target.name);
    if (target === undefined || make === undefined) {
      return { wanted: undefined, read: skipper(field.type), isNull: false };
    }
    const wanted = { name: target.name, reader: target.type, writer: field.type };
    return { wanted, read: make(target.type, field.type), isNull: false };
  });
  const written = new Set(writer.fields.map(({ name }) => name));
  const missing = reader.fields.filter(
    ({ name, aliases }) => !written.has(name) && !aliases.some((alias) => written.has(alias)),
  );
  return [...steps, ...missing.flatMap((field) => defaultStep(field, readers(field.name)) ?? [])];
}

/** What the writer does not have is read from the bytes of the reader's default. */
function defaultStep(
  field: avro.types.Field,
  make: ((reader: avro.Type, writer: avro.Type) => Read) | undefined,
): FieldStep | undefined {
  if (make === undefined) return undefined;
  const value: unknown = field.defaultValue();
  const bytes = field.type.toBuffer(value);
  const read = make(field.type, field.type);
  const cursor = new Cursor();
  return {
    wanted: undefined,
    isNull: value === null,
    read(_cursor, row) {
      cursor.open(bytes, 0);
      read(cursor, row);
    },
  };
}
