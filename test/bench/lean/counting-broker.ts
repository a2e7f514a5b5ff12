/** A broker that adds up what is sent through it. */
import type { Broker, ProducerRecord, TransactionalProducer } from '../../../pipeline/broker/port.ts';

/** The broker that adds up the bytes of keys and values sent in transactions, by topic. */
export function countingBroker(broker: Broker, sizes: Map<string, number>): Broker {
  const count = (records: readonly ProducerRecord[]) => {
    for (const { topic, key, value } of records)
      sizes.set(topic, (sizes.get(topic) ?? 0) + (key?.length ?? 0) + (value?.length ?? 0));
  };
  const counted = (producer: TransactionalProducer): TransactionalProducer => ({
    name: producer.name,
    start: () => producer.start(),
    stop: () => producer.stop(),
    async begin() {
      const transaction = await producer.begin();
      return {
        send(records) {
          count(records);
          return transaction.send(records);
        },
        sendOffsets: (group, offsets) => transaction.sendOffsets(group, offsets),
        commit: () => transaction.commit(),
        abort: () => transaction.abort(),
      };
    },
  });
  // A getter of the broker must stay one.
  return Object.create(broker, {
    transactionalProducer: { value: (id: string) => counted(broker.transactionalProducer(id)) },
  }) as Broker;
}
