/** A Reading to framed Avro, straight from its columns. */
import { avroType } from '../avro-type.ts';
import type { AvroSchema, InsightEncoder, ReadingEncoder } from '../port.ts';
import type { Reading } from '../../model/reading.ts';
import { FrameSink } from './frame-sink.ts';
import type { Places } from './places.ts';
import { rowsWriter, type RowsWriter } from './rows-writer.ts';
import { valueWriter, type Write } from './value-writer.ts';
import { arrayType, recordType } from './type-shapes.ts';

/**
 * One record a reading, with all its rows.
 * @throws TypeError when the schema has a field that its place cannot fill.
 */
export function readingEncoder(schema: AvroSchema, places: Places, schemaId: () => number): ReadingEncoder {
  const { write } = recordWriter(schema, places, schemaId);
  return { encode: (reading) => write(reading) };
}

/** Only rows of which there is something to say; no record where that is none. */
export function insightEncoder(schema: AvroSchema, places: Places, schemaId: () => number): InsightEncoder {
  const { write, rows } = recordWriter(schema, places, schemaId);
  return { encode: (reading) => (rows(reading) === 0 ? undefined : write(reading)) };
}

interface RecordWriter {
  write(reading: Reading): Buffer;
  rows(reading: Reading): number;
}

function recordWriter(schema: AvroSchema, places: Places, schemaId: () => number): RecordWriter {
  const { fields } = recordType(avroType(schema, 'halves'));
  const sink = new FrameSink();
  const bound = new WeakMap<Reading, RowsWriter>();
  let bind: ((reading: Reading) => RowsWriter) | undefined;

  const rowsOf = (reading: Reading): RowsWriter => {
    let rows = bound.get(reading);
    if (rows === undefined) {
      if (bind === undefined) throw new TypeError('the schema has no rows');
      rows = bind(reading);
      bound.set(reading, rows);
    }
    return rows;
  };
  const writers = fields.map((field): Write => {
    const place = places.get(field.name);
    if (place?.kind !== 'rows') return valueWriter(field, place);
    const { itemsType } = arrayType(field.type);
    bind = rowsWriter(recordType(itemsType), place.fields);
    return (into, reading) => {
      const rows = rowsOf(reading);
      rows.write(into, reading, rows.count(reading));
    };
  });

  return {
    rows: (reading) => rowsOf(reading).count(reading),
    write(reading) {
      sink.begin(schemaId());
      for (const write of writers) write(sink, reading);
      return sink.finish();
    },
  };
}
