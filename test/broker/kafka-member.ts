/**
 * A group's member in a process of its own, to be killed or stopped by tests: node kafka-member.ts ADDRESS GROUP TOPIC.
 * It opens a transaction for each partition that it is given, and answers over IPC: `owns` whether the group says that
 * partition 0 is its own, `commit` what becomes of the transaction of partition 0.
 */
import { kafkaBroker } from '../../pipeline/broker/kafka/kafka-broker.ts';
import type { Transaction } from '../../pipeline/broker/port.ts';
import { silentLog } from '../support/log.ts';
import { record, texts } from '../contract/broker/broker-lab.ts';

export type MemberAnswer =
  | { readonly kind: 'assigned' | 'revoked'; readonly partitions: readonly number[] }
  | { readonly kind: 'batch'; readonly values: readonly string[] }
  | { readonly kind: 'failed'; readonly error: string }
  | { readonly kind: 'owns'; readonly owns: boolean }
  | { readonly kind: 'commit'; readonly error: string | undefined };

const [address, group, topic] = process.argv.slice(2) as [string, string, string];
const tell = (answer: MemberAnswer) => process.send!(answer);

const broker = kafkaBroker({
  brokers: [address],
  clientId: 'member',
  log: silentLog,
  sessionTimeoutMs: 1500,
});
await broker.start();
const transactions = new Map<number, Transaction>();
const consumer = broker.consumer({
  group,
  topics: [topic],
  handlers: {
    async assigned(partitions) {
      for (const { partition } of partitions) {
        const producer = broker.transactionalProducer(`${group}-${partition}`);
        await producer.start();
        const transaction = await producer.begin();
        await transaction.send([record(topic, 'zombie', { partition })]);
        await transaction.sendOffsets(group, [{ topic, partition, offset: 1000, metadata: 'zombie' }]);
        transactions.set(partition, transaction);
      }
      for (const each of partitions) consumer.resume(each);
      tell({ kind: 'assigned', partitions: partitions.map(({ partition }) => partition) });
    },
    async revoked(partitions) {
      tell({ kind: 'revoked', partitions: partitions.map(({ partition }) => partition) });
    },
    async batch({ records }) {
      tell({ kind: 'batch', values: texts(records) });
    },
    failed: (error) => tell({ kind: 'failed', error: String(error) }),
  },
});
await consumer.start();

process.on('message', (question: 'owns' | 'commit') => void answer(question));

async function answer(question: 'owns' | 'commit'): Promise<void> {
  if (question === 'owns') tell({ kind: 'owns', owns: await consumer.owns({ topic, partition: 0 }) });
  else {
    const error = await transactions
      .get(0)!
      .commit()
      .then(
        () => undefined,
        (reason: unknown) => (reason as Error).name,
      );
    tell({ kind: 'commit', error });
  }
}
