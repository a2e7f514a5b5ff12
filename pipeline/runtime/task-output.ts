/** What a processor sends, as records of the task's own partition; what it refuses, as dead letters. */
import type { ProducerRecord } from '../broker/port.ts';
import { deadLetterId } from '../model/entity.ts';
import type { TopicName } from '../../topics/catalogue.ts';
import type { DeadLetterRecord } from '../../topics/ops.ts';
import type { ProcessorOutput } from './sub-topology.ts';
import type { TaskDeps } from './task.ts';

type OutputDeps = Pick<TaskDeps, 'partition' | 'physicalName' | 'deadLetters' | 'observer' | 'subTopology'>;

export function taskOutput(deps: OutputDeps, push: (record: ProducerRecord) => void): ProcessorOutput {
  const { partition, physicalName, deadLetters, observer, subTopology } = deps;
  const send = (topic: TopicName, key: Buffer | null, value: Buffer): void =>
    push({ topic: physicalName(topic), partition, key, value });
  return {
    send,
    deadLetter: (topic, { offset, key, value, appendedAtMs }, reason, detail) => {
      const letter: DeadLetterRecord = {
        id: deadLetterId(topic, partition, offset, -1),
        reason,
        detail,
        failed_in: subTopology.name,
        topic,
        partition,
        offset: BigInt(offset),
        row: null,
        key,
        value,
        failed_at: appendedAtMs,
      };
      send('netsigma.dead-letter', Buffer.from(topic), deadLetters.encode(letter));
      observer.deadLetter(reason);
    },
    count: (stage, outcome, by = 1) => observer.outcome(stage, outcome, by),
    countRows: (quality, rows) => observer.rows(quality, rows),
  };
}
