/** A broker that does what another one does, apart from what is changed: for those that listen in. */
import type { Broker } from '../broker/port.ts';

export function delegatingBroker(
  broker: Broker,
  changes: Partial<Pick<Broker, 'producer' | 'consumer'>>,
): Broker {
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
    consumer: (options) => broker.consumer(options),
    committedOffsets: (group, topics) => broker.committedOffsets(group, topics),
    offsets: (topic) => broker.offsets(topic),
    readRange: (partition, from, to) => broker.readRange(partition, from, to),
    ...changes,
  };
}
