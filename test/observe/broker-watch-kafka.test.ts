/** A member of a group on Kafka without anything to read: /readyz must know all the same when Kafka is away. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { kafkaBroker } from '../../pipeline/broker/kafka/kafka-broker.ts';
import { brokerWatch, type BrokerWatch } from '../../pipeline/observe/broker-watch.ts';
import { lossyProxy, type LossyProxy } from '../broker/kafka-proxy.ts';
import { freePort } from '../services/free-port.ts';
import { canRunKafka, kafkaServer, type KafkaServer } from '../services/kafka-server.ts';
import { reasonOf } from '../services/service.ts';
import { silentLog } from '../support/log.ts';
import { describeIf } from '../support/requires.ts';
import { until } from '../support/until.ts';

const TOPIC = 'watched';

const can = await canRunKafka();

describeIf(can.kind === 'ready', reasonOf(can))('the watch over Kafka', () => {
  let server: KafkaServer;
  let proxy: LossyProxy;
  let watch: BrokerWatch;
  const stops: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    const port = await freePort();
    proxy = await lossyProxy({ host: '127.0.0.1', port });
    const address = `127.0.0.1:${proxy.port}`;
    const advertised = `PLAINTEXT://${address}`;
    server = await kafkaServer({ port, properties: { 'advertised.listeners': advertised } });
    const log = silentLog;
    const broker = kafkaBroker({ brokers: [address], clientId: 'watched', log, sessionTimeoutMs: 1500 });
    watch = brokerWatch({ broker, clock: () => performance.now(), askEveryMs: 200 });
    await watch.broker.start();
    stops.push(() => watch.broker.stop());
    const spec = { cleanup: 'delete', retentionMs: 3_600_000, maxRecordBytes: 1_000 } as const;
    await watch.broker.createTopics([{ topic: TOPIC, partitions: 2, ...spec }]);
    await watch.start();
    stops.push(() => watch.stop());
    let hasPartitions = false;
    const consumer = watch.broker.consumer({
      group: 'watched',
      topics: [TOPIC],
      handlers: {
        assigned: async () => void (hasPartitions = true),
        revoked: async () => undefined,
        batch: async () => undefined,
        failed: () => undefined,
      },
    });
    await consumer.start();
    stops.push(() => consumer.stop());
    await until(() => hasPartitions, 'partitions');
  }, 120_000);

  afterAll(async () => {
    proxy.set('open');
    for (const stop of stops.toReversed()) await stop();
    await proxy.stop();
    await server.stop();
  }, 60_000);

  it.each(['closed', 'silent'] as const)(
    'tells within seconds when every connection is %s, and when Kafka is back',
    async (mode) => {
      await until(() => watch.notReady().length === 0, 'nothing to tell');
      const begun = performance.now();
      proxy.set(mode);
      await until(() => watch.notReady().length > 0, 'it tells', 15_000);
      expect(performance.now() - begun).toBeLessThan(10_000);
      expect(watch.notReady()[0]).toMatch(/^the broker has given no good answer for \d+ s/);
      proxy.set('open');
      // A request that was never answered is given up after 20 s.
      await until(() => watch.notReady().length === 0, 'it is back', 45_000);
    },
    90_000,
  );
});
