import type { Broker } from '../../pipeline/broker/port.ts';

/** `broker`, where `work` is done ahead of the first transaction that is begun. */
export function beforeFirstTransaction(broker: Broker, work: () => Promise<unknown>): Broker {
  let pending: (() => Promise<unknown>) | undefined = work;
  return {
    ...broker,
    transactionalProducer(id) {
      const producer = broker.transactionalProducer(id);
      return {
        name: producer.name,
        start: () => producer.start(),
        stop: () => producer.stop(),
        async begin() {
          const run = pending;
          pending = undefined;
          await run?.();
          return producer.begin();
        },
      };
    },
  };
}
