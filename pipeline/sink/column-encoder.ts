/** How a JavaScript value goes into a column: decided once, by the column's type in the database. */
import type { CopyBuffer, ValueFault } from './copy-buffer.ts';
import type { TableColumn } from './table-columns.ts';

type Write<T> = (out: CopyBuffer, value: T) => ValueFault | undefined;

/** What the type can be made of. A kind of value that is absent is the fault `wrong_type`. */
export interface ColumnEncoder {
  readonly number?: Write<number>;
  readonly text?: Write<string>;
  readonly bigint?: Write<bigint>;
  readonly boolean?: Write<boolean>;
  readonly texts?: Write<readonly string[]>;
  /** An unsigned counter as two halves. */
  readonly counter?: (out: CopyBuffer, hi: number, lo: number) => ValueFault | undefined;
}

const text: ColumnEncoder = { text: (out, value) => out.text(value) };
const integer = (write: Write<number>): ColumnEncoder => ({
  number: write,
  bigint: (out, value) => write(out, Number(value)),
});

/** By pg_type.typname. Types with a modifier are made below. */
const ENCODERS: Readonly<Record<string, ColumnEncoder>> = {
  int2: integer((out, value) => out.int2(value)),
  int4: integer((out, value) => out.int4(value)),
  int8: {
    number: (out, value) => out.int8(value),
    bigint: (out, value) => out.int8(value),
    counter: (out, hi, lo) => out.uint64(hi, lo),
  },
  float4: { number: (out, value) => out.float4(value) },
  float8: { number: (out, value) => out.float8(value) },
  bool: {
    boolean: (out, value) => out.boolean(value),
    number: (out, value) => (value === 0 || value === 1 ? out.boolean(value === 1) : 'out_of_range'),
  },
  timestamptz: { number: (out, value) => out.timestamptz(value) },
  date: { number: (out, value) => out.date(value) },
  text,
  uuid: { text: (out, value) => out.uuid(value) },
  inet: { text: (out, value) => out.inet(value) },
  /** Text is JSON already. */
  jsonb: { text: (out, value) => out.jsonb(value) },
  _text: { texts: (out, values) => out.array(values, 25, (value) => out.text(value)) },
  _inet: { texts: (out, values) => out.array(values, 869, (value) => out.inet(value)) },
};

/** undefined for a type that the sink cannot write. */
export function columnEncoder({ type, precision, scale }: TableColumn): ColumnEncoder | undefined {
  if (type !== 'numeric') return ENCODERS[type];
  if (precision === undefined || scale === undefined) return undefined;
  return { number: (out, value) => out.numeric(value, precision, scale) };
}

/** Writes one field. Unlike in a Reading, NaN is not NULL here: it is `not_finite`. */
export function writeValue(
  out: CopyBuffer,
  encoder: ColumnEncoder,
  required: boolean,
  value: unknown,
): ValueFault | undefined {
  if (value === null || value === undefined) return required ? 'null_in_required' : out.null();
  if (typeof value === 'number')
    return encoder.number === undefined ? 'wrong_type' : encoder.number(out, value);
  if (typeof value === 'string') return encoder.text === undefined ? 'wrong_type' : encoder.text(out, value);
  if (typeof value === 'bigint')
    return encoder.bigint === undefined ? 'wrong_type' : encoder.bigint(out, value);
  if (typeof value === 'boolean') {
    return encoder.boolean === undefined ? 'wrong_type' : encoder.boolean(out, value);
  }
  return encoder.texts !== undefined && isTexts(value) ? encoder.texts(out, value) : 'wrong_type';
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((element) => typeof element === 'string');
}
