/** A whole record of a writer's schema into a Reading. */
import type avro from 'avsc';
import type { Reading, TextColumn } from '../../model/reading.ts';
import type { Cursor } from './cursor.ts';
import { fieldsReader } from './fields-reader.ts';
import type { Place, Places } from './places.ts';
import { rowsReader } from './rows-reader.ts';
import { columnOf, targetOf } from './targets.ts';
import { valueReader, type Read } from './value-reader.ts';
import { arrayType, recordType } from './type-shapes.ts';

/** Fills the Reading that it is bound to. @throws RangeError for bytes that are no record. */
export type ReadRecord = (cursor: Cursor) => void;

/**
 * @returns what binds the reader of the writer's records to a Reading.
 * @throws Error when the writer's schema does not resolve against the reader's.
 */
export function recordReader(
  reader: avro.types.RecordType,
  writer: avro.types.RecordType,
  places: Places,
): (reading: Reading) => ReadRecord {
  // avsc is the judge of what resolves: what it accepts is compiled.
  reader.createResolver(writer);
  const bindRows = new Map<avro.Type, (reading: Reading) => Read>();
  const bound = new WeakMap<Reading, ReadRecord>();

  const rows = (
    place: Place & { kind: 'rows' },
    inReader: avro.Type,
    inWriter: avro.Type,
    reading: Reading,
  ) => {
    let bind = bindRows.get(inWriter);
    if (bind === undefined) {
      bind = rowsReader(itemsOf(inReader), itemsOf(inWriter), place.fields);
      bindRows.set(inWriter, bind);
    }
    return bind(reading);
  };

  const bind = (reading: Reading): ReadRecord => {
    const texts = textColumns(places, reading);
    const absent = absentFields(reader, places, reading);
    const read = fieldsReader(reader, writer, (name) => {
      const place = places.get(name);
      if (place === undefined) return undefined;
      if (place.kind === 'rows') return (inReader, inWriter) => rows(place, inReader, inWriter, reading);
      const target = targetOf(place, reading);
      return (inReader, inWriter) => valueReader(inReader, inWriter, target);
    });
    return (cursor) => {
      reading.reset(0);
      for (const column of texts) column.source = cursor.buf;
      for (const forget of absent) forget();
      read(cursor, 0);
    };
  };

  return (reading) => {
    let readRecord = bound.get(reading);
    if (readRecord === undefined) {
      readRecord = bind(reading);
      bound.set(reading, readRecord);
    }
    return readRecord;
  };
}

function itemsOf(type: avro.Type): avro.types.RecordType {
  const { itemsType } = arrayType(type);
  if (!('fields' in itemsType))
    throw new TypeError(`rows are an array of records, not of ${itemsType.typeName}`);
  return recordType(itemsType);
}

/** Makes the columns exist, whatever a writer has of them. */
function textColumns(places: Places, reading: Reading): TextColumn[] {
  return [...places.values()].flatMap((place) => {
    if (place.kind !== 'rows') return [];
    return [...place.fields.values()].flatMap((field) => {
      const column = field.kind === 'column' ? columnOf(reading, field.column) : undefined;
      return column?.kind === 'text' ? [column] : [];
    });
  });
}

/** Parts of the envelope that the reader's schema does not have: what the last record of another topic left there. */
function absentFields(reader: avro.types.RecordType, places: Places, reading: Reading): (() => void)[] {
  return [...places].flatMap(([name, place]): (() => void)[] => {
    if (reader.fields.some((field) => field.name === name)) return [];
    if (place.kind === 'text') {
      const texts = reading as Record<typeof place.property, string | null>;
      return [() => void (texts[place.property] = place.absent)];
    }
    return place.kind === 'number' ? [() => void (reading[place.property] = place.absent)] : [];
  });
}
