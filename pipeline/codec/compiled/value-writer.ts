/** One field of the envelope out of a Reading: a closure each. What a field cannot hold is the caller's fault, and thrown. */
import type avro from 'avsc';
import { POLL_STATUSES, type Reading } from '../../model/reading.ts';
import type { FrameSink } from './frame-sink.ts';
import type { Place } from './places.ts';
import { nullable } from './nullable.ts';
import { arrayType, enumType, recordType } from './type-shapes.ts';

export type Write = (sink: FrameSink, reading: Reading) => void;

/** @throws TypeError when the place holds nothing that the field could be written from. */
export function valueWriter({ name, type: declared }: avro.types.Field, place: Place | undefined): Write {
  const field = nullable(declared);
  if (field === undefined) throw new TypeError(`field ${name} is a union of more than null and one type`);
  const { type, union } = field;
  const begin = union === undefined ? () => undefined : (sink: FrameSink) => sink.byte(union.value);
  const none = (sink: FrameSink) => {
    if (union === undefined) throw new RangeError(`field ${name} is unknown, and required`);
    sink.byte(union.none);
  };
  switch (place?.kind) {
    case undefined:
      if (union === undefined) throw new TypeError(`nothing in a reading fills the required field ${name}`);
      return none;
    case 'text': {
      const { property } = place;
      mustBe(name, type, ['string']);
      return (sink, reading) => {
        const value = reading[property];
        if (value === null) return none(sink);
        begin(sink);
        sink.text(value);
      };
    }
    case 'number': {
      const { property } = place;
      const write = numberWriter(name, type);
      return (sink, reading) => {
        const value = reading[property];
        if (Number.isNaN(value)) return none(sink);
        begin(sink);
        write(sink, value);
      };
    }
    case 'status': {
      const { symbols } = enumType(mustBe(name, type, ['enum']));
      const indexes = new Map(POLL_STATUSES.map((status) => [status, symbols.indexOf(status)]));
      return (sink, reading) => {
        begin(sink);
        sink.int(symbolOf(name, indexes.get(reading.status), reading.status));
      };
    }
    case 'errors':
      mustBe(name, arrayType(mustBe(name, type, ['array'])).itemsType, ['string']);
      return (sink, reading) => {
        begin(sink);
        list(sink, reading.errors, (text) => sink.text(text));
      };
    case 'exceptions':
      return exceptionsWriter(name, arrayType(mustBe(name, type, ['array'])), begin);
    case 'rows':
    case 'column':
    case 'instance':
    case 'quality':
    case 'constant':
    case 'each':
      throw new TypeError(`field ${name} cannot be filled from a place of kind ${place.kind}`);
  }
}

/** @throws RangeError for a symbol that the schema lacks. */
export function symbolOf(name: string, index: number | undefined, symbol: unknown): number {
  if (index === undefined || index < 0)
    throw new RangeError(`${String(symbol)} is no symbol of field ${name}`);
  return index;
}

/** Items behind their count, and the end of the array. */
function list<T>(sink: FrameSink, items: readonly T[], write: (item: T) => void): void {
  if (items.length > 0) sink.int(items.length);
  for (const item of items) write(item);
  sink.byte(0);
}

function exceptionsWriter(
  name: string,
  { itemsType }: avro.types.ArrayType,
  begin: (sink: FrameSink) => void,
): Write {
  const { fields } = recordType(mustBe(name, itemsType, ['record']));
  const names = fields.map((field) => field.name).join(' ');
  if (names !== 'row metric reason')
    throw new TypeError(`items of ${name} are (row metric reason), not (${names})`);
  mustBe('row', fields[0]!.type, ['int']);
  mustBe('metric', fields[1]!.type, ['string']);
  mustBe('reason', fields[2]!.type, ['string']);
  const row = numberWriter('row', fields[0]!.type);
  return (sink, reading) => {
    begin(sink);
    list(sink, reading.exceptions, (exception) => {
      row(sink, exception.row);
      sink.text(exception.metric);
      sink.text(exception.reason);
    });
  };
}

function numberWriter(name: string, type: avro.Type): (sink: FrameSink, value: number) => void {
  switch (type.typeName) {
    case 'int':
      return (sink, value) => {
        if ((value | 0) !== value)
          throw new RangeError(`field ${name} is ${value}, which an int cannot hold`);
        sink.int(value);
      };
    case 'long':
    case 'abstract:long':
      return (sink, value) => sink.long(value);
    case 'float':
      return (sink, value) => sink.float(value);
    case 'double':
      return (sink, value) => sink.double(value);
    default:
      throw new TypeError(`field ${name} of type ${type.typeName} cannot be filled from a number`);
  }
}

function mustBe(name: string, type: avro.Type, names: readonly string[]): avro.Type {
  if (!names.includes(type.typeName)) {
    throw new TypeError(
      `field ${name} of type ${type.typeName} cannot be filled: it must be ${names.join(' or ')}`,
    );
  }
  return type;
}
