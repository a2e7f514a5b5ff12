/** Log compaction: what a compacted partition keeps of its stable records. */
import type { BrokerRecord } from '../port.ts';

/**
 * The newest record of every key, in offset order. A tombstone that is the newest is kept while its offset is
 * `tombstonesFrom` or more: a reader that is still below it may have seen the value that it deletes
 * (Kafka guards the same with delete.retention.ms).
 */
export function compact(records: readonly BrokerRecord[], tombstonesFrom: number): BrokerRecord[] {
  const newest = new Map<string, BrokerRecord>();
  for (const record of records) newest.set(mapKey(record), record);
  return records.filter(
    (record) =>
      newest.get(mapKey(record)) === record && (record.value !== null || record.offset >= tombstonesFrom),
  );
}

/** latin1 maps bytes to characters one to one, so that different keys stay different. */
function mapKey(record: BrokerRecord): string {
  return record.key?.toString('latin1') ?? '';
}
