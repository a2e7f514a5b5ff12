/**
 * Kafka's Produce request, versions 3 to 7, with record batches of format 2: measured first, then written into one
 * buffer. kafkajs makes several buffers a record, copies each batch again at every layer, and takes its checksum byte by byte.
 *
 *   transactional id string, acks int16, timeout int32, topics [ name string, partitions [
 *     partition int32, length int32, record batch (see record-batches.ts) ] ]
 *   record: length varint, attributes int8, time delta varlong, offset delta varint, key, value, headers [ name, value ]
 *
 * https://kafka.apache.org/protocol#The_Messages_Produce, https://kafka.apache.org/documentation/#recordbatch
 */
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import type { Message } from 'kafkajs';
import {
  ByteWriter,
  stringBytes,
  varbytesBytes,
  varintBytes,
  varlongBytes,
  type Bytes,
} from './byte-writer.ts';
import { crc32c } from './crc32c.ts';

/** As kafkajs hands it to its own encoder. */
export interface ProduceRequest {
  readonly acks: number;
  readonly timeout: number;
  readonly transactionalId?: string | null | undefined;
  /** Decimal digits: ids use all 64 bits. */
  readonly producerId?: string | number;
  readonly producerEpoch?: number;
  readonly compression?: number | undefined;
  readonly topicData: readonly {
    readonly topic: string;
    readonly partitions: readonly PartitionMessages[];
  }[];
  /** The time of messages that have none. */
  readonly nowMs: number;
}

interface PartitionMessages {
  readonly partition: number;
  readonly firstSequence?: number;
  readonly messages: readonly Message[];
}

/** Kafka's numbers of the codecs that are packed here. */
export const PACKED_HERE: ReadonlySet<number> = new Set([0, 1, 4]);
const NONE = 0;
const GZIP = 1;
const ZSTD = 4;

const TRANSACTIONAL = 0x10;
const MAGIC = 2;
/** Of a batch, before its records. */
const BATCH_HEADER_BYTES = 61;
/** Base offset and length, which the length does not count. */
const LENGTH_END = 12;

/** What is smaller goes as it is: packing takes 17 us at the least, and saves nothing. */
const PACK_FROM_BYTES = 1024;
/**
 * Level -3 takes two fifths of level 1's time, for a seventh more bytes. Packing runs on this thread: for batches of up to
 * 1 MB it takes a millisecond, the thread pool a quarter more CPU time.
 */
export const ZSTD_OPTIONS = { params: { [constants.ZSTD_c_compressionLevel]: -3 } };

interface Times {
  readonly baseMs: number;
  readonly maxMs: number;
  /** Of messages that have none. */
  readonly nowMs: number;
}

interface PlannedRecords {
  readonly codec: number;
  readonly bytes: number;
  /** undefined: they are written straight into the request. */
  readonly packed: Buffer | undefined;
  readonly times: Times;
}

/** The request's body, with `headroom` bytes before it that are left for what the caller puts there. */
export function encodeProduce(request: ProduceRequest, headroom: number): Buffer {
  const { acks, timeout, transactionalId, compression = NONE, topicData, nowMs } = request;
  const plans = topicData.map(({ partitions }) =>
    partitions.map(({ messages }) => plannedRecords(messages, compression, nowMs)),
  );
  const size = topicData.reduce(
    (sum, { topic }, i) =>
      sum +
      stringBytes(topic) +
      4 +
      plans[i]!.reduce((all, { bytes }) => all + 8 + BATCH_HEADER_BYTES + bytes, 0),
    headroom + stringBytes(transactionalId) + 2 + 4 + 4,
  );
  const out = new ByteWriter(Buffer.allocUnsafe(size), headroom);
  out.string(transactionalId);
  out.int16(acks);
  out.int32(timeout);
  out.int32(topicData.length);
  for (const [i, { topic, partitions }] of topicData.entries()) {
    out.string(topic);
    out.int32(partitions.length);
    for (const [k, each] of partitions.entries()) {
      const plan = plans[i]![k]!;
      out.int32(each.partition);
      out.int32(BATCH_HEADER_BYTES + plan.bytes);
      writeBatch(out, each, plan, request);
    }
  }
  if (out.at !== size) throw new Error(`a produce request of ${size} bytes was written as ${out.at}`);
  return out.bytes;
}

function plannedRecords(messages: readonly Message[], compression: number, nowMs: number): PlannedRecords {
  const times = timesOf(messages, nowMs);
  let bytes = 0;
  for (let i = 0; i < messages.length; i += 1) {
    const length = recordBytes(messages[i]!, i, times);
    bytes += varintBytes(length) + length;
  }
  if (compression === NONE || bytes < PACK_FROM_BYTES)
    return { times, codec: NONE, bytes, packed: undefined };
  const records = new ByteWriter(Buffer.allocUnsafe(bytes), 0);
  writeRecords(records, messages, times);
  const packed = pack(records.bytes, compression);
  return { times, codec: compression, bytes: packed.length, packed };
}

function pack(records: Buffer, compression: number): Buffer {
  switch (compression) {
    case GZIP:
      return gzipSync(records);
    case ZSTD:
      return zstdCompressSync(records, ZSTD_OPTIONS);
    default:
      throw new Error(`records cannot be packed with codec ${compression}`);
  }
}

function writeBatch(
  out: ByteWriter,
  { messages, firstSequence = 0 }: PartitionMessages,
  { codec, bytes, packed, times }: PlannedRecords,
  { transactionalId, producerId = -1, producerEpoch = 0 }: ProduceRequest,
): void {
  out.int64(0n);
  out.int32(BATCH_HEADER_BYTES - LENGTH_END + bytes);
  // The leader epoch, which the broker sets.
  out.int32(0);
  out.int8(MAGIC);
  const checksumAt = out.at;
  out.int32(0);
  const from = out.at;
  out.int16(codec | (isText(transactionalId) ? TRANSACTIONAL : 0));
  out.int32(messages.length - 1);
  out.int64(BigInt(times.baseMs));
  out.int64(BigInt(times.maxMs));
  out.int64(BigInt(producerId));
  out.int16(producerEpoch);
  out.int32(firstSequence);
  out.int32(messages.length);
  if (packed === undefined) writeRecords(out, messages, times);
  else out.raw(packed);
  out.bytes.writeUInt32BE(crc32c(out.bytes, from, out.at), checksumAt);
}

function writeRecords(out: ByteWriter, messages: readonly Message[], times: Times): void {
  for (let i = 0; i < messages.length; i += 1) {
    const message = messages[i]!;
    out.varint(recordBytes(message, i, times));
    // Attributes, of which there are none.
    out.int8(0);
    out.varlong(timeDelta(message, times));
    out.varint(i);
    out.varbytes(message.key);
    out.varbytes(message.value);
    const headers = headersOf(message);
    out.varint(headers.length);
    for (const [name, value] of headers) {
      out.varbytes(name);
      out.varbytes(value);
    }
  }
}

/** Of what stands behind its length. */
function recordBytes(message: Message, offsetDelta: number, times: Times): number {
  const headers = headersOf(message);
  let bytes = 1 + varlongBytes(timeDelta(message, times)) + varintBytes(offsetDelta);
  bytes += varbytesBytes(message.key) + varbytesBytes(message.value) + varintBytes(headers.length);
  for (const [name, value] of headers) bytes += varbytesBytes(name) + varbytesBytes(value);
  return bytes;
}

const NO_HEADERS: readonly (readonly [string, Bytes])[] = [];

/** In order; one that has several values comes several times. */
function headersOf({ headers }: Message): readonly (readonly [string, Bytes])[] {
  if (headers === undefined) return NO_HEADERS;
  return Object.entries(headers).flatMap(([name, value]) =>
    Array.isArray(value) ? value.map((each) => [name, each] as const) : [[name, value] as const],
  );
}

/** The earliest and the latest time that messages have, else now; compared as text, as kafkajs does. */
function timesOf(messages: readonly Message[], nowMs: number): Times {
  let earliest: string | undefined;
  let latest: string | undefined;
  for (const { timestamp } of messages) {
    if (timestamp === undefined) continue;
    if (earliest === undefined || timestamp < earliest) earliest = timestamp;
    if (latest === undefined || timestamp > latest) latest = timestamp;
  }
  return { baseMs: Number(earliest ?? nowMs), maxMs: Number(latest ?? nowMs), nowMs };
}

function timeDelta({ timestamp }: Message, { baseMs, nowMs }: Times): number {
  return (timestamp === undefined ? nowMs : Number(timestamp)) - baseMs;
}

function isText(text: string | null | undefined): boolean {
  return text !== undefined && text !== null && text !== '';
}
