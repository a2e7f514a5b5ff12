/** Broker contract: what needs more than one process or a server of its own. Each case names its capability. */
import { expect, it } from '@jest/globals';
import { PermanentError } from '../../../pipeline/model/errors.ts';
import type { Broker } from '../../../pipeline/broker/port.ts';
import { until } from '../../support/until.ts';
import { BrokerLab, type MakeBroker, record, type RestartableBroker, unique } from './broker-lab.ts';

export type Capability = Broker['capabilities'] extends ReadonlySet<infer C> ? C : never;

export function processCases(
  lab: BrokerLab,
  make: MakeBroker,
  capabilities: readonly Capability[],
  restartable?: () => Promise<RestartableBroker>,
): void {
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
      const [moved] = second.held();
      expect(await second.consumer.owns(moved!)).toBe(true);
      expect(await first.consumer.owns(moved!)).toBe(false);
      expect(await first.consumer.owns(first.held()[0]!)).toBe(true);
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

  const restarts = restartable === undefined ? it.skip : it;
  restarts(
    'records, committed offsets and the cluster’s id outlive the server (needs restart)',
    async () => {
      const own = new BrokerLab();
      const server = await restartable!();
      await own.open(async () => server);
      try {
        const topic = await own.topic();
        const group = unique('group');
        const offset = { topic, partition: 0, offset: 1, metadata: 'kept' };
        await own.transact(async (tx) => {
          await tx.send([record(topic, 'a')]);
          await tx.sendOffsets(group, [offset]);
        });
        await own.untilStable(topic, ['a']);
        const { clusterId } = own.broker;
        await own.tidy();
        await server.restart();
        await own.untilStable(topic, ['a']);
        expect(await own.broker.committedOffsets(group, [topic])).toEqual([offset]);
        expect(own.broker.clusterId).toBe(clusterId);
        await own.send(topic, ['b']);
        await own.untilStable(topic, ['a', 'b']);
      } finally {
        await own.tidy();
        await own.close();
      }
    },
    120_000,
  );
}
