/**
 * Kafka's record batches (message format 2) as a fetch answers them. Keys and values are views of the answer.
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
import { VarintReader } from './varint-reader.ts';

const HEADER_BYTES = 61;
/** Of base offset and length, which the length does not count. */
const LENGTH_END = 12;

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
  /** Decoded when asked for: aborted and control batches never are. */
  records(): BrokerRecord[];
}

/** The whole batches of `data`; the answer's last one may be cut off. @throws PermanentError for what cannot be read. */
export function* recordBatches(data: Buffer, of: TopicPartition): Generator<StoredBatch, void, undefined> {
  for (let at = 0; at + HEADER_BYTES <= data.length;) {
    const end = at + LENGTH_END + data.readInt32BE(at + 8);
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
  const attributes = batch.readInt16BE(21);
  return {
    baseOffset,
    lastOffset: baseOffset + batch.readInt32BE(23),
    producerId: batch.readBigInt64BE(43),
    kind: kindOf(batch, attributes),
    records: () => decodeRecords(batch, attributes, baseOffset, of),
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
  { topic, partition }: TopicPartition,
): BrokerRecord[] {
  const count = batch.readInt32BE(57);
  const baseTimeMs = readInt53(batch, 27);
  const appendTimeMs = (attributes & LOG_APPEND_TIME) === 0 ? undefined : readInt53(batch, 35);
  const data = decompressed(batch.subarray(HEADER_BYTES), attributes & COMPRESSION_MASK, {
    topic,
    partition,
  });
  const reader = new VarintReader(data, 0);
  const records: BrokerRecord[] = [];
  for (let i = 0; i < count; i += 1) {
    const length = reader.next();
    const end = reader.at + length;
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
    reader.at = end;
  }
  return records;
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

function decompressed(data: Buffer, codec: number, { topic, partition }: TopicPartition): Buffer {
  switch (codec) {
    case 0:
      return data;
    case 1:
      return gunzipSync(data);
    case 4:
      return zstdDecompressSync(data);
    default: {
      const name = ['none', 'gzip', 'snappy', 'lz4', 'zstd'][codec] ?? `codec ${codec}`;
      throw new PermanentError(
        `records of ${topic}[${partition}] are compressed with ${name}, which cannot be read here: ` +
          'let the producer use zstd or gzip',
      );
    }
  }
}

/** A 64-bit integer that fits 53 bits. */
export function readInt53(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * 0x1_0000_0000 + buffer.readUInt32BE(at + 4);
}
