/**
 * What a processor sends, as records of the task's own partition or of their key's; what it refuses, or what is larger
 * than its topic takes, as dead letters: a transaction that cannot be sent would be folded and refused for ever.
 */
import { partitionFor } from '../broker/partitioner.ts';
import type { BrokerRecord, ProducerRecord } from '../broker/port.ts';
import { deadLetterRecord } from '../codec/dead-letter.ts';
import type { TopicName } from '../../topics/catalogue.ts';
import type { ProcessorOutput } from './sub-topology.ts';
import type { TaskDeps } from './task.ts';

type OutputDeps = Pick<
  TaskDeps,
  'partition' | 'partitions' | 'physicalName' | 'maxRecordBytes' | 'deadLetters' | 'observer' | 'subTopology'
>;

export interface FoldedRecord {
  readonly topic: TopicName;
  readonly record: BrokerRecord;
}

export interface OutputOf {
  readonly push: (record: ProducerRecord) => void;
  /** The record from which comes what is sent; undefined before the first. */
  readonly folding: () => FoldedRecord | undefined;
}

export function taskOutput(deps: OutputDeps, { push, folding }: OutputOf): ProcessorOutput {
  const { partition, partitions, physicalName, maxRecordBytes, deadLetters, observer, subTopology } = deps;
  const send = (topic: TopicName, to: number, key: Buffer | null, value: Buffer): void => {
    const bytes = (key?.length ?? 0) + value.length;
    const limit = maxRecordBytes(topic);
    const from = folding();
    if (bytes <= limit || from === undefined) {
      push({ topic: physicalName(topic), partition: to, key, value });
      return;
    }
    const detail = `${topic} would have a record of ${bytes} bytes, and takes ${limit}`;
    output.deadLetter(from.topic, from.record, 'output_too_large', detail);
  };
  const output: ProcessorOutput = {
    send: (topic, key, value) => send(topic, partition, key, value),
    repartition: (topic, key, value) => send(topic, partitionFor(key, partitions), key, value),
    deadLetter(topic, { offset, key, value, appendedAtMs }, reason, detail) {
      const letter = deadLetterRecord(
        { topic, partition, offset, key, value },
        { reason, detail, failedIn: subTopology.name, failedAtMs: appendedAtMs },
      );
      push({
        topic: physicalName('netsigma.dead-letter'),
        partition,
        key: Buffer.from(topic),
        value: deadLetters.encode(letter),
      });
      observer.deadLetter(reason);
    },
    count: (stage, outcome, by = 1) => observer.outcome(stage, outcome, by),
    countRows: (quality, rows) => observer.rows(quality, rows),
  };
  return output;
}
