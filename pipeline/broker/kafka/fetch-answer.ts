/**
 * The answer to a fetch of version 11, partition by partition.
 *
 *   throttle int32, error int16, session int32, topics [ name string, partitions [
 *     partition int32, error int16, high watermark int64, last stable offset int64, log start offset int64,
 *     aborted [ producer id int64, first offset int64 ], preferred replica int32, records bytes ] ]
 */
import type { TopicPartition } from '../port.ts';
import { readInt53 } from './record-batches.ts';

export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

export interface PartitionAnswer extends TopicPartition {
  /** Kafka's error code; 0 for none. */
  readonly errorCode: number;
  readonly lastStableOffset: number;
  readonly aborted: readonly AbortedTransaction[];
  /** Record batches, the last of which may be cut off. */
  readonly data: Buffer;
}

const EMPTY = Buffer.alloc(0);

export function fetchAnswer(body: Buffer): PartitionAnswer[] {
  const answers: PartitionAnswer[] = [];
  let at = 10;
  const int32 = (): number => {
    at += 4;
    return body.readInt32BE(at - 4);
  };
  const int53 = (): number => {
    at += 8;
    return readInt53(body, at - 8);
  };
  for (let topics = int32(); topics > 0; topics -= 1) {
    const end = at + 2 + body.readInt16BE(at);
    const topic = body.toString('utf8', at + 2, end);
    at = end;
    for (let partitions = int32(); partitions > 0; partitions -= 1) {
      const partition = int32();
      const errorCode = body.readInt16BE(at);
      at += 2;
      int53();
      const lastStableOffset = int53();
      int53();
      const aborted: AbortedTransaction[] = [];
      for (let count = int32(); count > 0; count -= 1) {
        const producerId = body.readBigInt64BE(at);
        at += 8;
        aborted.push({ producerId, firstOffset: int53() });
      }
      int32();
      const length = int32();
      // A copy: records are views of it, and one that waits must not keep what others have got of the answer.
      const data = length > 0 ? Buffer.from(body.subarray(at, at + length)) : EMPTY;
      at += Math.max(0, length);
      answers.push({ topic, partition, errorCode, lastStableOffset, aborted, data });
    }
  }
  return answers;
}
