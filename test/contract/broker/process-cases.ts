/** Broker contract: what needs more than one process or a server of its own. Each case names its capability. */
import { expect, it } from '@jest/globals';
import { PermanentError } from '../../../pipeline/model/errors.ts';
import type { Broker } from '../../../pipeline/broker/port.ts';
import { until } from '../../support/until.ts';
import { type BrokerLab, type MakeBroker, record, unique } from './broker-lab.ts';

export type Capability = Broker['capabilities'] extends ReadonlySet<infer C> ? C : never;

export function processCases(lab: BrokerLab, make: MakeBroker, capabilities: readonly Capability[]): void {
  const itWith = (capability: Capability, name: string, test: () => Promise<void>) =>
    capabilities.includes(capability) ? it(name, test) : it.skip(`${name} (needs ${capability})`, test);

  itWith(
    'rebalance',
    'two members of a group share the partitions by number; who is left gets all',
    async () => {
      const topics = [await lab.topic({ partitions: 4 }), await lab.topic({ partitions: 4 })];
      const group = unique('group');
      const first = await lab.record(topics, { group });
      expect(first.held()).toHaveLength(8);
      const second = await lab.record(topics, { group });
      await until(
        () => first.held().length === 4 && second.held().length === 4,
        'the partitions to be shared',
      );
      for (const recording of [first, second]) {
        const numbers = topics.map((topic) =>
          recording
            .held()
            .flatMap((each) => (each.topic === topic ? each.partition : []))
            .toSorted((a, b) => a - b),
        );
        expect(numbers[0]).toEqual(numbers[1]);
      }
      await first.consumer.stop();
      await until(() => second.held().length === 8, 'the partitions of the member that left');
    },
  );

  itWith(
    'process-fencing',
    'a producer of another process fences the owner of its transactional id',
    async () => {
      const topic = await lab.topic();
      const elsewhere = await make();
      try {
        expect(elsewhere.broker.clusterId).toBe(lab.broker.clusterId);
        const id = unique('tx');
        const pending = await (await lab.transactional(id)).begin();
        await pending.send([record(topic, 'never')]);
        const owner = elsewhere.broker.transactionalProducer(id);
        await owner.start();
        await expect(pending.commit()).rejects.toBeInstanceOf(PermanentError);
        const transaction = await owner.begin();
        await transaction.send([record(topic, 'a')]);
        await transaction.commit();
        await lab.untilStable(topic, ['a']);
        await owner.stop();
      } finally {
        await elsewhere.stop();
      }
    },
  );

  itWith('restart', 'records, committed offsets and the cluster’s id outlive the server', async () => {
    const topic = await lab.topic();
    const group = unique('group');
    const offset = { topic, partition: 0, offset: 1, metadata: 'kept' };
    await lab.transact(async (tx) => {
      await tx.send([record(topic, 'a')]);
      await tx.sendOffsets(group, [offset]);
    });
    await lab.untilStable(topic, ['a']);
    const { clusterId } = lab.broker;
    await lab.underTest.restart?.();
    await lab.untilStable(topic, ['a']);
    expect(await lab.broker.committedOffsets(group, [topic])).toEqual([offset]);
    expect(lab.broker.clusterId).toBe(clusterId);
  });
}
