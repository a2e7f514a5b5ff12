/** A broker whose consumers count what their groups give them and take away. */
import type { Broker } from '../broker/port.ts';
import type { Metrics } from './metrics.ts';

export function countingRebalances(broker: Broker, { rebalances }: Metrics): Broker {
  return {
    get name() {
      return broker.name;
    },
    get clusterId() {
      return broker.clusterId;
    },
    get capabilities() {
      return broker.capabilities;
    },
    start: () => broker.start(),
    stop: () => broker.stop(),
    planTopics: (topics) => broker.planTopics(topics),
    createTopics: (topics) => broker.createTopics(topics),
    deleteRecords: (partition, before) => broker.deleteRecords(partition, before),
    producer: () => broker.producer(),
    transactionalProducer: (id) => broker.transactionalProducer(id),
    committedOffsets: (group, topics) => broker.committedOffsets(group, topics),
    offsets: (topic) => broker.offsets(topic),
    readRange: (partition, from, to) => broker.readRange(partition, from, to),
    consumer(options) {
      const { group, handlers } = options;
      return broker.consumer({
        ...options,
        handlers: {
          assigned(partitions) {
            rebalances.add(1, group, 'assigned');
            return handlers.assigned(partitions);
          },
          revoked(partitions) {
            rebalances.add(1, group, 'revoked');
            return handlers.revoked(partitions);
          },
          batch: (batch) => handlers.batch(batch),
          failed: (error) => handlers.failed(error),
        },
      });
    },
  };
}
