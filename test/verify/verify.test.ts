/** The verifier on real Kafka, registry and database: committed records are compared, aborted ones are not seen. */
import { expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import kafkajs from 'kafkajs';
import { fleet } from '../chaos/fleet.ts';
import { inMemoryRun, type Step } from '../chaos/in-memory-run.ts';
import { WireWriter } from '../chaos/wire-writer.ts';
import { kafkaService } from '../services/kafka.ts';
import { registryService } from '../services/registry.ts';
import { reasonOf } from '../services/service.ts';
import { describeIf } from '../support/requires.ts';
import { verify } from './verify.ts';

const [kafka, registry] = await Promise.all([kafkaService(), registryService()]);
const START_MS = Date.UTC(2026, 5, 1);
const BATCH = 100;

describeIf(kafka.kind === 'running' && registry.kind === 'running', reasonOf(kafka) || reasonOf(registry))(
  'verify',
  () => {
    if (kafka.kind !== 'running' || registry.kind !== 'running') return;
    const prefix = `verify-${randomBytes(4).toString('hex')}.`;
    const client = new kafkajs.Kafka({
      brokers: kafka.address.split(','),
      logLevel: kafkajs.logLevel.NOTHING,
    });

    function* steps(): Iterable<Step> {
      const made = fleet({ seed: 3, devices: 8, portsPerDevice: 8, intervalMs: 60_000, startMs: START_MS });
      for (const record of made.inventory) yield { kind: 'inventory', key: record.entity, record };
      for (let poll = 1; poll <= 60; poll += 1) {
        for (const record of made.poll(START_MS + poll * 60_000)) yield { kind: 'raw', record };
      }
    }

    interface Message {
      readonly topic: string;
      readonly key: string;
      readonly value: Buffer;
    }

    /** In transactions of 100 records; every third is aborted first and then written again. */
    async function write(messages: readonly Message[]): Promise<void> {
      const producer = client.producer({
        idempotent: true,
        maxInFlightRequests: 1,
        transactionalId: `${prefix}writer`,
      });
      await producer.connect();
      for (let at = 0; at < messages.length; at += BATCH) {
        const send = async (end: 'commit' | 'abort') => {
          const transaction = await producer.transaction();
          const topicMessages = messages
            .slice(at, at + BATCH)
            .map(({ topic, key, value }) => ({ topic: `${prefix}${topic}`, messages: [{ key, value }] }));
          await transaction.sendBatch({ topicMessages });
          await transaction[end]();
        };
        if ((at / BATCH) % 3 === 1) await send('abort');
        await send('commit');
      }
      await producer.disconnect();
    }

    it('finds no difference in what the stages made, and the one that is made by hand', async () => {
      const { topics, sent } = await inMemoryRun([...steps()]);
      const admin = client.admin();
      await admin.connect();
      const names = ['inventory.device', 'raw.interface', 'metric.interface'];
      await admin.createTopics({
        topics: names.map((topic) => ({
          topic: `${prefix}${topic}`,
          numPartitions: 1,
          configEntries: [{ name: 'message.timestamp.type', value: 'LogAppendTime' }],
        })),
        waitForLeaders: true,
      });
      const [inventory, raw, metric] = await Promise.all(
        names.map((name) => WireWriter.register(registry.address, name, prefix)),
      );
      const metrics = sent.filter(({ topic }) => topic === 'metric.interface');
      await write([
        ...topics.inventory.map(({ key, value }) => ({
          topic: 'inventory.device',
          key: key!,
          value: inventory!.encode(value),
        })),
        ...topics.raw.map(({ key, value }) => ({
          topic: 'raw.interface',
          key: key!,
          value: raw!.encode(value),
        })),
        ...metrics.map(({ topic, key, value }) => ({
          topic,
          key: key!,
          value: metric!.frame(value.subarray(5)),
        })),
      ]);
      const options = { kafka: kafka.address, registry: registry.address, prefix };
      const report = await verify(options);
      expect(report.differences).toEqual([]);
      expect(report.counts.metrics).toMatchObject({
        rawRecords: topics.raw.length,
        metricRecords: metrics.length,
      });

      const again = metrics[50]!;
      await write([{ topic: again.topic, key: again.key!, value: metric!.frame(again.value.subarray(5)) }]);
      const { differences } = await verify(options);
      expect(differences).toMatchObject([
        { kind: 'twice', where: 'metric.interface', topic: `${prefix}metric.interface`, key: again.key },
      ]);
      await admin.deleteTopics({ topics: names.map((topic) => `${prefix}${topic}`) });
      await admin.disconnect();
    }, 120_000);
  },
);
