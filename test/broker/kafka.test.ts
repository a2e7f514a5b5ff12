/** The broker on a real Kafka: the contract of every broker, as it is configured by default and as differently as it can be. */
import { kafkaBroker, type KafkaBrokerOptions } from '../../pipeline/broker/kafka/kafka-broker.ts';
import { brokerContract } from '../contract/broker.contract.ts';
import type { BrokerUnderTest, RestartableBroker } from '../contract/broker/broker-lab.ts';
import { canRunKafka, kafkaServer } from '../services/kafka-server.ts';
import { kafkaService } from '../services/kafka.ts';
import { reasonOf } from '../services/service.ts';
import { silentLog } from '../support/log.ts';
import { describeIf } from '../support/requires.ts';

const kafka = await kafkaService();
const own = await canRunKafka();

type Sending = Required<Pick<KafkaBrokerOptions, 'compression' | 'fastProduce'>>;

const DEFAULT: Sending = { compression: 'zstd', fastProduce: true };
const PLAINEST: Sending = { compression: 'none', fastProduce: false };

async function connected(address: string, sending: Sending): Promise<BrokerUnderTest> {
  const broker = kafkaBroker({ brokers: [address], clientId: 'contract', log: silentLog, ...sending });
  await broker.start();
  return { broker, stop: () => broker.stop() };
}

async function restartable(): Promise<RestartableBroker> {
  const server = await kafkaServer();
  const { broker, stop } = await connected(server.address, DEFAULT);
  return {
    broker,
    async restart() {
      await server.kill();
      await server.restart();
    },
    async stop() {
      await stop();
      await server.stop();
    },
  };
}

describeIf(kafka.kind === 'running', reasonOf(kafka))('a real Kafka', () => {
  const address = kafka.kind === 'running' ? kafka.address : '';
  const capabilities = ['rebalance', 'process-fencing', 'restart'] as const;

  brokerContract('kafka', () => connected(address, DEFAULT), {
    capabilities,
    numRuns: 25,
    ...(own.kind === 'ready' && { restartable }),
  });

  brokerContract('kafka with the client’s own encoder', () => connected(address, PLAINEST), {
    capabilities,
    numRuns: 5,
  });
});
