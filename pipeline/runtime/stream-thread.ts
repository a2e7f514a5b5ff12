/** Runs a sub-topology (Kafka Streams: StreamThread): one member of its group, one task a partition it owns. */
import type { Broker, Consumer, TopicPartition } from '../broker/port.ts';
import type { Codec } from '../codec/port.ts';
import type { Clock, Component, Log } from '../model/component.ts';
import { topicName, type Catalogue, type Naming } from '../../topics/catalogue.ts';
import type { ProcessObserver } from './observer.ts';
import type { SubTopology } from './sub-topology.ts';
import { Task, type TaskSettings } from './task.ts';

export interface StreamThreadDeps {
  readonly broker: Broker;
  readonly codec: Codec;
  readonly catalogue: Catalogue;
  readonly naming: Naming;
  readonly subTopology: SubTopology;
  readonly settings: TaskSettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly observer: ProcessObserver;
  /** The component cannot go on; the process should stop. */
  readonly failed: (error: unknown) => void;
}

export interface TaskStatus {
  readonly partition: number;
  readonly entities: number;
  readonly rows: number;
  readonly lagRecords: number;
}

export interface StreamThread extends Component {
  readonly group: string;
  readonly tasks: ReadonlyMap<number, Task>;
  status(): TaskStatus[];
  /** Every task is folded and committed to the end of its inputs, or the thread has failed and will do no more. */
  readonly idle: boolean;
}

export function streamThread(deps: StreamThreadDeps): StreamThread {
  const { broker, codec, catalogue, naming, subTopology, settings, clock, log, observer } = deps;
  const group = `${naming.prefix}netsigma-${subTopology.name}`;
  const topics = subTopology.inputs.map((topic) => topicName(catalogue[topic], naming));
  const tasks = new Map<number, Task>();
  let consumer: Consumer | undefined;
  let hasFailed = false;

  const fail = (error: unknown): void => {
    hasFailed = true;
    log.error({ err: error, group }, 'sub-topology failed');
    deps.failed(error);
  };

  const assigned = async (partitions: readonly TopicPartition[]): Promise<void> => {
    for (const partition of new Set(partitions.map((given) => given.partition))) {
      const task = new Task({
        broker,
        consumer: () => consumer!,
        group,
        partition,
        subTopology,
        physicalName: (topic) => topicName(catalogue[topic], naming),
        deadLetters: codec.recordEncoder('netsigma.dead-letter'),
        settings,
        clock,
        observer,
        failed: fail,
      });
      tasks.set(partition, task);
      await task.start();
    }
    log.info({ group, tasks: tasks.size }, 'tasks started');
  };

  const revoked = async (partitions: readonly TopicPartition[]): Promise<void> => {
    const lost = [...new Set(partitions.map((given) => given.partition))];
    await stopAll(lost.flatMap((partition) => tasks.get(partition) ?? []));
    for (const partition of lost) tasks.delete(partition);
  };

  const lagOf = (partition: number): number =>
    topics.reduce((lag, topic) => {
      const state = consumer?.fetchState({ topic, partition });
      return lag + (state === undefined ? 0 : Math.max(0, state.lastStableOffset - state.position));
    }, 0);

  return {
    name: `stream-${subTopology.name}`,
    group,
    tasks,
    get idle() {
      return hasFailed || (tasks.size > 0 && [...tasks.values()].every((task) => task.idle));
    },
    async start() {
      consumer = broker.consumer({
        group,
        topics,
        handlers: {
          assigned,
          revoked,
          async batch(batch) {
            await tasks.get(batch.partition)?.batch(batch);
          },
          failed: fail,
        },
      });
      await consumer.start();
    },
    async stop() {
      await consumer?.stop();
      await stopAll(tasks.values());
    },
    status: () =>
      [...tasks].map(([partition, { processor }]) => ({
        partition,
        entities: processor.state.entities,
        rows: processor.state.rows,
        lagRecords: lagOf(partition),
      })),
  };
}

/** Every task is asked to stop, whatever the others do. @throws AggregateError when some could not. */
async function stopAll(tasks: Iterable<Task>): Promise<void> {
  const stopped = await Promise.allSettled([...tasks].map((task) => task.stop()));
  const errors = stopped.flatMap((outcome): unknown[] =>
    outcome.status === 'rejected' ? [outcome.reason] : [],
  );
  if (errors.length > 0) throw new AggregateError(errors, `${errors.length} tasks could not stop`);
}
