/** The memory broker: the contract of every broker. */
import { memoryBroker } from '../../pipeline/broker/memory/memory-broker.ts';
import { brokerContract } from '../contract/broker.contract.ts';
import type { BrokerUnderTest } from '../contract/broker/broker-lab.ts';

/** Small, so that the contract's cases meet the limits. */
const MAX_PARTITION_BYTES = 512 << 10;

brokerContract('memory', async (): Promise<BrokerUnderTest> => {
  const broker = memoryBroker({ clock: Date.now, maxPartitionBytes: MAX_PARTITION_BYTES });
  await broker.start();
  return { broker, stop: () => broker.stop() };
});
