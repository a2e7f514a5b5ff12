/**
 * What a read_committed consumer sees of a fetched stretch of log: records of committed transactions and of none.
 * The answer lists the aborted transactions that touch the stretch; such a transaction begins at its first offset and
 * ends at its producer's next abort marker (as Kafka's own consumer does it: CompletedFetch.fetchRecords).
 */
import type { BrokerRecord } from '../port.ts';
import type { PartitionAnswer } from './fetch-answer.ts';
import { recordBatches } from './record-batches.ts';

export interface CommittedRecords {
  readonly records: BrokerRecord[];
  /** Behind everything that was looked at: control records, aborted ones, batches that compaction has emptied. */
  readonly nextOffset: number;
}

/** What an answer may unpack to before the rest of it is left for the next fetch; the last batch may exceed it. */
const ENOUGH_BYTES = 64 << 20;
const ENOUGH_RECORDS = 250_000;

/** The records of [from, to) in the answer, or the first of them where it unpacks to more than is good for memory. */
export function committedRecords(answer: PartitionAnswer, from: number, to = Infinity): CommittedRecords {
  const aborted = answer.aborted.toSorted((a, b) => a.firstOffset - b.firstOffset);
  const abortedProducers = new Set<bigint>();
  const records: BrokerRecord[] = [];
  let nextOffset = from;
  let nextAborted = 0;
  let unpackedBytes = 0;
  for (const batch of recordBatches(answer.data, answer)) {
    if (batch.baseOffset >= to) return { records, nextOffset: to };
    while (nextAborted < aborted.length && aborted[nextAborted]!.firstOffset <= batch.lastOffset) {
      abortedProducers.add(aborted[nextAborted]!.producerId);
      nextAborted += 1;
    }
    if (batch.kind === 'abort') abortedProducers.delete(batch.producerId);
    const isVisible =
      batch.kind === 'data' || (batch.kind === 'transactional' && !abortedProducers.has(batch.producerId));
    if (isVisible) {
      const unpacked = batch.unpacked();
      for (const record of unpacked.records) {
        if (record.offset >= from && record.offset < to) records.push(record);
      }
      unpackedBytes += unpacked.bytes;
    }
    nextOffset = Math.max(nextOffset, batch.lastOffset + 1);
    if (unpackedBytes >= ENOUGH_BYTES || records.length >= ENOUGH_RECORDS) break;
  }
  return { records, nextOffset: Math.min(nextOffset, to) };
}
