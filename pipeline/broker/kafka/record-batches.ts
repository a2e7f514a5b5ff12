/**
 * Kafka's record batches (message format 2) as a fetch answers them. Keys and values are views of the answer.
 * A batch is read once its checksum is right, and takes no more memory than the limits here, whatever it says of itself.
 * https://kafka.apache.org/documentation/#recordbatch
 *
 *    0 int64  base offset          21 int16  attributes         43 int64  producer id
 *    8 int32  length of the rest   23 int32  last offset delta  51 int16  producer epoch
 *   12 int32  leader epoch         27 int64  base time          53 int32  base sequence
 *   16 int8   magic (2)            35 int64  max time           57 int32  records
 *   17 uint32 crc32c                                            61 the records
 */
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { PermanentError } from '../../model/errors.ts';
import type { BrokerRecord, TopicPartition } from '../port.ts';
import { crc32c } from './crc32c.ts';
import { VarintReader } from './varint-reader.ts';

const HEADER_BYTES = 61;
/** Of base offset and length, which the length does not count. */
const LENGTH_END = 12;
/** Where the checksum stands, and from where on it counts. */
const CHECKSUM_AT = 17;
const CHECKED_FROM = 21;

/**
 * Of a batch's records when they are unpacked. Topics take batches of a few MB at most, packed 4 to 20 times by honest
 * producers; a hostile one packs 10,000 times.
 */
const MAX_UNPACKED_BYTES = 64 << 20;
/** Of a batch: 300 bytes each beside keys and values. */
const MAX_RECORDS = 500_000;
/** Of a record, at least: its length and six fields of a byte each. */
const MIN_RECORD_BYTES = 7;

const COMPRESSION_MASK = 0x07;
const LOG_APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

/** A control record's key: int16 version, int16 type. */
const ABORT_MARKER = 0;

export interface StoredBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** As decimal digits: ids use all 64 bits. */
  readonly producerId: bigint;
  readonly kind: 'data' | 'transactional' | 'commit' | 'abort';
  /**
   * Decoded when asked for: aborted and control batches never are.
   * @throws PermanentError for what cannot be read, or is larger than a batch may be.
   */
  unpacked(): UnpackedRecords;
}

export interface UnpackedRecords {
  readonly records: BrokerRecord[];
  /** What the records, which are views of it, keep in memory. */
  readonly bytes: number;
}

/** The whole batches of `data`; the answer's last one may be cut off. @throws PermanentError for what cannot be read. */
export function* recordBatches(data: Buffer, of: TopicPartition): Generator<StoredBatch, void, undefined> {
  for (let at = 0; at + HEADER_BYTES <= data.length;) {
    const length = data.readInt32BE(at + 8);
    if (length < HEADER_BYTES - LENGTH_END) throw spoilt(of, readInt53(data, at));
    const end = at + LENGTH_END + length;
    if (end > data.length) return;
    yield storedBatch(data.subarray(at, end), of);
    at = end;
  }
}

function storedBatch(batch: Buffer, of: TopicPartition): StoredBatch {
  const magic = batch[16]!;
  const baseOffset = readInt53(batch, 0);
  if (magic !== 2) {
    throw new PermanentError(
      `${of.topic}[${of.partition}] holds records of message format ${magic} at offset ${baseOffset}: ` +
        'only format 2 (Kafka 0.11 and later) can be read',
    );
  }
  if (crc32c(batch, CHECKED_FROM) !== batch.readUInt32BE(CHECKSUM_AT)) throw spoilt(of, baseOffset);
  const attributes = batch.readInt16BE(CHECKED_FROM);
  return {
    baseOffset,
    lastOffset: baseOffset + batch.readInt32BE(23),
    producerId: batch.readBigInt64BE(43),
    kind: kindOf(batch, attributes),
    unpacked: () => decodeRecords(batch, attributes, baseOffset, of),
  };
}

function kindOf(batch: Buffer, attributes: number): StoredBatch['kind'] {
  if ((attributes & CONTROL) === 0) return (attributes & TRANSACTIONAL) === 0 ? 'data' : 'transactional';
  // length, attributes, time, offset, key length: five varints before the key.
  const reader = new VarintReader(batch, HEADER_BYTES);
  for (let i = 0; i < 5; i += 1) reader.next();
  return batch.readInt16BE(reader.at + 2) === ABORT_MARKER ? 'abort' : 'commit';
}

function decodeRecords(
  batch: Buffer,
  attributes: number,
  baseOffset: number,
  of: TopicPartition,
): UnpackedRecords {
  const { topic, partition } = of;
  const count = batch.readInt32BE(57);
  const baseTimeMs = readInt53(batch, 27);
  const appendTimeMs = (attributes & LOG_APPEND_TIME) === 0 ? undefined : readInt53(batch, 35);
  const data = decompressed(batch.subarray(HEADER_BYTES), attributes & COMPRESSION_MASK, of, baseOffset);
  if (count > MAX_RECORDS) throw tooLarge(of, baseOffset, 'more records', MAX_RECORDS);
  if (count * MIN_RECORD_BYTES > data.length) throw spoilt(of, baseOffset);
  const reader = new VarintReader(data, 0);
  const records: BrokerRecord[] = [];
  for (let i = 0; i < count; i += 1) {
    const length = reader.next();
    const end = reader.at + length;
    if (length < 0 || end > data.length) throw spoilt(of, baseOffset);
    // Attributes of a record: one byte, unused.
    reader.at += 1;
    const timeDelta = reader.next();
    const offset = baseOffset + reader.next();
    const key = reader.bytes();
    const value = reader.bytes();
    const headers = readHeaders(reader);
    const appendedAtMs = appendTimeMs ?? baseTimeMs + timeDelta;
    records.push({
      topic,
      partition,
      offset,
      appendedAtMs,
      key,
      value,
      ...(headers === undefined ? undefined : { headers }),
    });
    if (reader.at > end) throw spoilt(of, baseOffset);
    reader.at = end;
  }
  return { records, bytes: data.length };
}

function readHeaders(reader: VarintReader): Record<string, string> | undefined {
  const count = reader.next();
  if (count <= 0) return undefined;
  const headers: [name: string, value: string][] = [];
  for (let i = 0; i < count; i += 1) {
    const name = reader.bytes()?.toString() ?? '';
    headers.push([name, reader.bytes()?.toString() ?? '']);
  }
  // Not by assignment: a header may be called __proto__.
  return Object.fromEntries(headers);
}

function decompressed(data: Buffer, codec: number, of: TopicPartition, baseOffset: number): Buffer {
  const { topic, partition } = of;
  try {
    switch (codec) {
      case 0:
        return data;
      case 1:
        return gunzipSync(data, { maxOutputLength: MAX_UNPACKED_BYTES });
      case 4:
        return zstdDecompressSync(data, { maxOutputLength: MAX_UNPACKED_BYTES });
    }
  } catch (cause) {
    const isLimit = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    if (isLimit) throw tooLarge(of, baseOffset, 'more bytes', MAX_UNPACKED_BYTES);
    throw spoilt(of, baseOffset, cause);
  }
  const name = ['none', 'gzip', 'snappy', 'lz4', 'zstd'][codec] ?? `codec ${codec}`;
  throw new PermanentError(
    `records of ${topic}[${partition}] are compressed with ${name}, which cannot be read here: ` +
      'let the producer use zstd or gzip',
  );
}

function spoilt({ topic, partition }: TopicPartition, offset: number, cause?: unknown): PermanentError {
  return new PermanentError(
    `the record batch at offset ${offset} of ${topic}[${partition}] is spoilt: look at the broker's disk, and move ` +
      'the group past it',
    { cause },
  );
}

function tooLarge(
  { topic, partition }: TopicPartition,
  offset: number,
  what: string,
  limit: number,
): PermanentError {
  return new PermanentError(
    `the record batch at offset ${offset} of ${topic}[${partition}] unpacks to ${what} than the ${limit} that are read: ` +
      'let its producer send smaller ones, and move the group past it',
  );
}

/** A 64-bit integer that fits 53 bits. */
export function readInt53(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * 0x1_0000_0000 + buffer.readUInt32BE(at + 4);
}
