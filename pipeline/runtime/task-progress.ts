/** How a task tells the sub-topology that lives by it how far it has come: a record in each partition. */
import type { ProducerRecord } from '../broker/port.ts';
import type { Downstream } from './sub-topology.ts';
import type { TaskDeps } from './task.ts';

type ProgressDeps = Pick<TaskDeps, 'partition' | 'partitions' | 'physicalName'>;

/** Any of the partitions may hold what depends on this task, however little of it is there so far. */
export function progressOf(
  { topic, tick }: Downstream,
  { partition, partitions, physicalName }: ProgressDeps,
): (tickMs: number) => ProducerRecord[] {
  return (tickMs) => {
    const value = tick(tickMs, partition, partitions);
    return Array.from({ length: partitions }, (_, to) => ({
      topic: physicalName(topic),
      partition: to,
      key: null,
      value,
    }));
  };
}
