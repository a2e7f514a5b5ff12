/** A broker whose consumers count what their groups give them and take away. */
import type { Broker } from '../broker/port.ts';
import { delegatingBroker } from './delegating-broker.ts';
import type { Metrics } from './metrics.ts';

export function countingRebalances(broker: Broker, { rebalances }: Metrics): Broker {
  return delegatingBroker(broker, {
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
  });
}
