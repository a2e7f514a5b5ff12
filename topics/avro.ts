/** Avro schemas out of the catalogue's rows (Avro 1.11). Nullable fields default to null, so they may come and go. */
import type { FieldRow, FieldType, RecordRow, TopicRow } from './row.ts';

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type AvroRecordSchema = Readonly<Record<string, Json>>;

const NAMESPACE = 'netsigma';

/** The value schema of a topic. Every named type is defined where it first occurs. */
export function avroSchema(topic: TopicRow): AvroRecordSchema {
  return recordSchema(topic.value, new Set(), true);
}

/** The registry's subject of a topic's values (TopicNameStrategy). */
export function subjectOf(topicName: string): string {
  return `${topicName}-value`;
}

function recordSchema(row: RecordRow, defined: Set<string>, outermost = false): AvroRecordSchema {
  defined.add(row.record);
  return { type: 'record', name: row.record, ...(outermost ? { namespace: NAMESPACE } : {}), doc: row.doc, fields: row.fields.map((field) => fieldSchema(field, defined)) };
}

function fieldSchema(field: FieldRow, defined: Set<string>): Json {
  const type = typeSchema(field.type, defined);
  const doc = field.unit === undefined ? field.doc : `${field.doc} Unit: ${field.unit}.`;
  return field.required ? { name: field.name, type, doc, ...emptyDefault(field.type) } : { name: field.name, type: ['null', type], default: null, doc };
}

/** Arrays default to empty: a reader newer than the writer must not fail on a list it did not know. */
function emptyDefault(type: FieldType): Record<string, Json> {
  return typeof type === 'object' && 'array' in type ? { default: [] } : {};
}

function typeSchema(type: FieldType, defined: Set<string>): Json {
  if (typeof type === 'string') {
    switch (type) {
      case 'timestamp':
        return { type: 'long', logicalType: 'timestamp-millis' };
      case 'uuid':
        return { type: 'string', logicalType: 'uuid' };
      case 'boolean':
      case 'int':
      case 'long':
      case 'float':
      case 'double':
      case 'string':
      case 'bytes':
        return type;
    }
  }
  if ('enum' in type) {
    if (defined.has(type.enum)) return type.enum;
    defined.add(type.enum);
    return { type: 'enum', name: type.enum, symbols: [...type.symbols], default: type.symbols[0] };
  }
  if (type.array === 'string') return { type: 'array', items: 'string' };
  return { type: 'array', items: defined.has(type.array.record) ? type.array.record : recordSchema(type.array, defined) };
}
