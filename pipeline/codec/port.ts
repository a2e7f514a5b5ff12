/**
 * Bytes to readings and records and back: the Confluent wire format (0x00, schema id as int32 BE, Avro body).
 * Decoding is synchronous per writer schema; `prepare` fetches unknown writer schemas beforehand.
 */
import type { Component } from '../model/component.ts';
import type { Reading } from '../model/reading.ts';
import type { TopicName, TopicRecord } from '../../topics/catalogue.ts';

/** An Avro schema as JSON. */
export type AvroSchema = Readonly<Record<string, unknown>>;

export interface SchemaRegistry extends Component {
  /**
   * The schema's id under the subject; the same schema again gives the same id.
   * @throws PermanentError naming the field when it is not FULL_TRANSITIVE compatible with the subject's versions.
   */
  register(subject: string, schema: AvroSchema): Promise<number>;
  /** The schema, or undefined for an id that the registry does not know. @throws RetryableError when it is away. */
  schema(id: number): Promise<AvroSchema | undefined>;
}

export const DECODE_FAILURES = [
  'not_framed',
  'unknown_schema',
  'incompatible_schema',
  'truncated',
  'trailing_bytes',
  'invalid',
] as const;

/** Why bytes are no record: an outcome, never an exception. */
export interface DecodeFailure {
  readonly kind: 'deadLetter';
  readonly reason: (typeof DECODE_FAILURES)[number];
  readonly detail: string;
}

interface Preparing {
  /** Fetches the writer schemas of these values that are not cached yet. Unknown ids fail later, in decode. */
  prepare(values: Iterable<Buffer | null>): Promise<void>;
}

export interface ReadingDecoder extends Preparing {
  /** Fills `into` (envelope, rows, columns). On a failure `into` holds garbage and must not be used. */
  decode(value: Buffer, into: Reading): DecodeFailure | undefined;
}

export interface RecordDecoder<T> extends Preparing {
  decode(value: Buffer): { readonly kind: 'record'; readonly record: T } | DecodeFailure;
}

export interface ReadingEncoder {
  /** The reading as one framed record. */
  encode(reading: Reading): Buffer;
}

/** What stages found out about a reading. */
export interface InsightEncoder {
  /** The findings as one framed record, undefined where there are none. */
  encode(reading: Reading): Buffer | undefined;
}

export interface RecordEncoder<T> {
  encode(record: T): Buffer;
}

/** Encoders and decoders of the catalogue's topics. `start` registers every schema. */
export interface Codec extends Component {
  /** Also registers the topic's columns on the readings it will fill. */
  readingDecoder(topic: TopicName): ReadingDecoder;
  readingEncoder(topic: TopicName): ReadingEncoder;
  /** Of rows with a list of deviations: what the columns `<metric>.sigma` and their like say of these metrics. */
  deviationEncoder(topic: TopicName, metrics: readonly string[]): InsightEncoder;
  recordDecoder<T extends TopicName>(topic: T): RecordDecoder<TopicRecord<T>>;
  recordEncoder<T extends TopicName>(topic: T): RecordEncoder<TopicRecord<T>>;
  /** A reading with all columns of these topics. */
  newReading(...topics: TopicName[]): Reading;
}
