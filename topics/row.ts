/**
 * The shape of the catalogue's rows. A field is one row: from it come the Avro field, the column of a Reading,
 * the SQL column and the docs. Field types are Avro's, named by what they mean here.
 */

export interface EnumType {
  readonly enum: string;
  /** The first symbol is the default that a reader falls back to for a symbol it does not know. */
  readonly symbols: readonly [string, ...string[]];
}

export interface ArrayType {
  readonly array: RecordRow | 'string';
}

/** long = exact 64 bits (bigint in objects); timestamp = Avro long, timestamp-millis (number in objects). */
export type FieldType = 'boolean' | 'int' | 'long' | 'float' | 'double' | 'string' | 'bytes' | 'uuid' | 'timestamp' | EnumType | ArrayType;

/** How `rate` makes a metric out of counters and other metrics of the same row. */
export type Derivation =
  /** Sum of the counters' deltas x factor / dt; unknown if one of them is unknown. */
  | { readonly kind: 'rate'; readonly of: readonly string[]; readonly factor: number }
  /** 100 x metric / speed. */
  | { readonly kind: 'utilization'; readonly of: string }
  /** The larger of the metrics; on a half-duplex interface their sum. */
  | { readonly kind: 'busiest'; readonly of: readonly string[] }
  /** 1e6 x rate of `errors` / (sum of the rates in `all`); unknown over zero. */
  | { readonly kind: 'ppm'; readonly errors: string; readonly all: readonly string[] }
  /** The larger of the metrics; unknown only if all are. */
  | { readonly kind: 'larger'; readonly of: readonly string[] };

/** How the values of rows make one value of what has the rows. */
export type Aggregate = 'sum' | 'mean' | 'max';

export interface FieldRow {
  readonly name: string;
  readonly type: FieldType;
  readonly doc: string;
  /** counter, gauge and status are metrics; text and key describe the row; time is an instant or a duration. */
  readonly kind?: 'counter' | 'gauge' | 'status' | 'text' | 'key' | 'time';
  /** UCUM. */
  readonly unit?: string;
  /** Fields are nullable with default null unless they are required. */
  readonly required?: true;
  /** SQL column where it is not the field's name; false = not stored. */
  readonly sql?: string | false;
  /** SQL type where it is not the usual one of the type (see sqlType). */
  readonly sqlType?: string;
  /** Counters: bits of the MIB's type. */
  readonly width?: 32 | 64;
  /** Counters of 64 bits: the 32-bit column that some agents have instead (or beside it, as its low half). */
  readonly low?: string;
  /** Counters of metric rows: taken over from this raw counter (of the width in use) by `rate`. */
  readonly from?: string;
  readonly derive?: Derivation;
  /** A seasonal baseline is kept and deviations are judged. */
  readonly baseline?: true;
  /** Baselined rates of counters: what one count is worth in the metric's unit x seconds (an octet of bps = 8). */
  readonly quantum?: number;
  /** Baselined metrics: the device as a whole (the path, ...) has a baseline too, of its rows' values so aggregated. */
  readonly aggregate?: Aggregate;
  /** Status metrics of few values (0-254): transitions and dwell times are learned. */
  readonly transitions?: Transitions;
}

/** What the values of a status mean to those who learn and judge it. */
export interface Transitions {
  /** The value that says that nothing is known: no state. */
  readonly unknown?: number;
  /** It says something only while the port is up. */
  readonly whileUp?: true;
  /** Its values in words, by number: unlikely transitions are anomalies. Without it the status is learned and not judged. */
  readonly states?: Readonly<Record<number, string>>;
}

export interface RecordRow {
  readonly record: string;
  readonly doc: string;
  readonly fields: readonly FieldRow[];
}

export type RoutingClass = 'entity' | 'broadcast' | 'repartition' | 'domain' | 'other';

export interface TopicRow {
  /** Without prefix and generation: see `topicName`. */
  readonly name: string;
  readonly class: RoutingClass;
  readonly key: string;
  readonly doc: string;
  readonly value: RecordRow;
  /** reading = an envelope and `rows`, carried as typed columns in the hot path. */
  readonly shape: 'record' | 'reading';
  readonly retentionMs: number;
  readonly cleanup: 'delete' | 'compact';
  readonly maxRecordBytes: number;
}

/** A topic whose records are the pipeline's own bytes: no schema, no key that anybody else could use. */
export type InternalTopicRow = Pick<TopicRow, 'name' | 'class' | 'doc' | 'retentionMs' | 'cleanup' | 'maxRecordBytes'>;

/** The TypeScript object of a record row: required fields as they are, the others nullable. */
export type RecordOf<R extends RecordRow> = { -readonly [F in R['fields'][number] as F['name']]: F extends { required: true } ? ValueOf<F['type']> : ValueOf<F['type']> | null };

type ValueOf<T> = T extends 'boolean'
  ? boolean
  : T extends 'int' | 'float' | 'double' | 'timestamp'
    ? number
    : T extends 'long'
      ? bigint
      : T extends 'bytes'
        ? Buffer
        : T extends 'string' | 'uuid'
          ? string
          : T extends { symbols: readonly (infer S)[] }
            ? S
            : T extends { array: 'string' }
              ? string[]
              : T extends { array: infer R extends RecordRow }
                ? RecordOf<R>[]
                : never;

export const HOURS = 3_600_000;
export const DAYS = 24 * HOURS;
export const MEGABYTE = 1_000_000;
