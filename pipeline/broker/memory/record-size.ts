/** How many bytes a record counts for: against its topic's limit, and against the bounds of batches and partitions. */
import type { ProducerRecord } from '../port.ts';

/** What one stored record costs beside its bytes: its object and the views of key and value (V8, about). */
const STORED_OVERHEAD_BYTES = 250;

/** Bytes of key, value and headers: what `maxRecordBytes` limits. */
export function payloadBytes(record: ProducerRecord): number {
  let bytes = (record.key?.length ?? 0) + (record.value?.length ?? 0);
  if (record.headers !== undefined) {
    for (const name in record.headers) bytes += name.length + Buffer.byteLength(record.headers[name]!);
  }
  return bytes;
}

/** Bytes that a record holds in memory, about: what `maxPartitionBytes` and `maxBatchBytes` count. */
export function storedBytes(record: ProducerRecord): number {
  return payloadBytes(record) + STORED_OVERHEAD_BYTES;
}
