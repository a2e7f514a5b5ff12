/** The memory broker: the contract of every broker. */
import { memoryBroker } from '../../pipeline/broker/memory/memory-broker.ts';
import { brokerContract } from '../contract/broker.contract.ts';
import type { BrokerUnderTest } from '../contract/broker/broker-lab.ts';

/** Small, so that the contract's cases meet the limits. */
const MAX_PARTITION_BYTES = 512 << 10;

brokerContract('memory', async (): Promise<BrokerUnderTest> => {
  const broker = memoryBroker({ clock: Date.now, maxPartitionBytes: MAX_PARTITION_BYTES });
  await broker.start();
  let deletions = 0;
  return {
    broker,
    stop: () => broker.stop(),
    /** Nothing but commits and size trims a partition here: a group of its own commits the offset. */
    async deleteRecords({ topic, partition }, before) {
      deletions += 1;
      const producer = broker.transactionalProducer(`delete-${deletions}`);
      await producer.start();
      const transaction = await producer.begin();
      await transaction.sendOffsets(`delete-${deletions}`, [
        { topic, partition, offset: before, metadata: '' },
      ]);
      await transaction.commit();
      await producer.stop();
    },
  };
});
