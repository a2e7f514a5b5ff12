/** A broker that adds up what is sent through it. */
import type { Broker, ProducerRecord, TransactionalProducer } from '../../../pipeline/broker/port.ts';

/** Of one topic. */
export interface Sent {
  records: number;
  /** Keys and values. */
  bytes: number;
}

/** The broker that adds up what is sent in transactions, by topic. */
export function countingBroker(broker: Broker, sent: Map<string, Sent>): Broker {
  const count = (records: readonly ProducerRecord[]) => {
    for (const { topic, key, value } of records) {
      const of = sent.get(topic) ?? { records: 0, bytes: 0 };
      of.records += 1;
      of.bytes += (key?.length ?? 0) + (value?.length ?? 0);
      sent.set(topic, of);
    }
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
