/**
 * A broker whose transactions fail now and then, at any call, as when their owner is killed there: before the call has
 * reached the broker, or after it has and the answer was lost.
 */
import type { Broker, Transaction, TransactionalProducer } from '../../pipeline/broker/port.ts';
import { RetryableError } from '../../pipeline/model/errors.ts';
import { randomFrom } from '../support/random-from.ts';

export interface Interruptions {
  readonly seed: number;
  /** Share of the calls that fail. */
  readonly share: number;
  readonly onInterrupt: () => void;
}

export function interrupting(broker: Broker, { seed, share, onInterrupt }: Interruptions): Broker {
  const chance = randomFrom(seed);
  const interruptible = async <T>(call: () => Promise<T>): Promise<T> => {
    const isInterrupted = chance() < share;
    if (!isInterrupted) return call();
    onInterrupt();
    if (chance() < 0.5) await call();
    throw new RetryableError('interrupted on purpose', { retryAfterMs: 1 });
  };
  const transaction = (inner: Transaction): Transaction => ({
    send: (records) => interruptible(() => inner.send(records)),
    sendOffsets: (group, offsets) => interruptible(() => inner.sendOffsets(group, offsets)),
    commit: () => interruptible(() => inner.commit()),
    abort: () => inner.abort(),
  });
  const producer = (inner: TransactionalProducer): TransactionalProducer => ({
    name: inner.name,
    start: () => inner.start(),
    stop: () => inner.stop(),
    begin: async () => transaction(await inner.begin()),
  });
  return new Proxy(broker, {
    get(target, property) {
      if (property === 'transactionalProducer')
        return (id: string) => producer(target.transactionalProducer(id));
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
