/** The places of a Reading as targets for values. */
import { QUALITIES, type Quality } from '../../../topics/interface.ts';
import {
  NO_TEXT,
  type PollStatus,
  type Reading,
  type ReadingColumn,
  type ReadingException,
} from '../../model/reading.ts';
import { fieldsReader } from './fields-reader.ts';
import type { Place } from './places.ts';
import { valueReader, type Target } from './value-reader.ts';
import { recordType } from './type-shapes.ts';

const QUALITY_CODES = new Map<string, number>(QUALITIES.map((quality, code) => [quality, code]));
const UNKNOWN_QUALITY = QUALITIES.indexOf('unknown' satisfies Quality);

/** The code of a quality; a symbol that nobody knows is `unknown`. */
export function qualityCode(symbol: string): number {
  return QUALITY_CODES.get(symbol) ?? UNKNOWN_QUALITY;
}

/** Where the field goes in this reading. @throws TypeError for a place that is only written. */
export function targetOf(place: Place, reading: Reading): Target {
  switch (place.kind) {
    case 'text': {
      const texts = reading as Record<typeof place.property, string | null>;
      const { property } = place;
      // A poll's id comes once: it would only push others out of the cache.
      const isFresh = property === 'pollId';
      return {
        setNull: () => void (texts[property] = null),
        takeText: (cursor) => void (texts[property] = isFresh ? cursor.freshText() : cursor.text()),
      };
    }
    case 'number': {
      const { property } = place;
      return {
        setNull: () => void (reading[property] = Number.NaN),
        setNumber: (value) => void (reading[property] = value),
        takeLong: (cursor) => void (reading[property] = cursor.longAsNumber()),
      };
    }
    case 'status':
      return { setSymbol: (symbol) => void (reading.status = symbol as PollStatus) };
    case 'errors':
      return {
        begin: () => void (reading.errors = []),
        item: (reader, writer) =>
          valueReader(reader, writer, { takeText: (cursor) => void reading.errors.push(cursor.text()) }),
      };
    case 'exceptions':
      return exceptionsTarget(reading);
    case 'column':
      return columnTarget(columnOf(reading, place.column));
    case 'instance':
      return { takeText: (cursor, row) => void (reading.instances[row] = cursor.text()) };
    case 'quality':
      return { setSymbol: (symbol, row) => void (reading.quality[row] = qualityCode(symbol)) };
    case 'rows':
    case 'constant':
    case 'each':
      throw new TypeError(`a field's place of kind ${place.kind} is not read by value`);
  }
}

/** The column, which the reading has from then on. */
export function columnOf(
  reading: Reading,
  spec: { name: string; kind: ReadingColumn['kind'] },
): ReadingColumn {
  reading.add([spec]);
  return reading[spec.kind](spec.name);
}

function columnTarget(column: ReadingColumn): Target {
  switch (column.kind) {
    case 'counter':
      return {
        setNull: (row) => void (column.known[row] = 0),
        takeLong: ({ hi, lo }, row) => {
          column.hi[row] = hi;
          column.lo[row] = lo;
          column.known[row] = 1;
        },
      };
    case 'number':
      return {
        setNull: (row) => void (column.values[row] = Number.NaN),
        setNumber: (value, row) => void (column.values[row] = value),
        takeLong: (cursor, row) => void (column.values[row] = cursor.longAsNumber()),
      };
    case 'text':
      return {
        setNull: (row) => void (column.starts[row] = NO_TEXT),
        takeText: (cursor, row) => {
          // A default's bytes are not the record's.
          if (cursor.buf !== column.source) return column.set(row, cursor.text());
          column.starts[row] = cursor.range();
          column.ends[row] = cursor.pos;
        },
      };
  }
}

function exceptionsTarget(reading: Reading): Target {
  let current: ReadingException = { row: 0, metric: '', reason: '' };
  const targets: Readonly<Record<string, Target>> = {
    row: { setNumber: (value) => void (current.row = value) },
    metric: { takeText: (cursor) => void (current.metric = cursor.text()) },
    reason: { takeText: (cursor) => void (current.reason = cursor.text()) },
  };
  return {
    item(reader, writer) {
      const read = fieldsReader(recordType(reader), recordType(writer), (name) => {
        const target = targets[name];
        return target === undefined
          ? undefined
          : (inReader, inWriter) => valueReader(inReader, inWriter, target);
      });
      return (cursor, row) => {
        current = { row: 0, metric: '', reason: '' };
        reading.exceptions.push(current);
        read(cursor, row);
      };
    },
  };
}
