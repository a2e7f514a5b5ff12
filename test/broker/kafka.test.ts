/** The broker on a real Kafka: the contract of every broker. */
import { kafkaBroker } from '../../pipeline/broker/kafka/kafka-broker.ts';
import { brokerContract } from '../contract/broker.contract.ts';
import type { BrokerUnderTest, RestartableBroker } from '../contract/broker/broker-lab.ts';
import { canRunKafka, kafkaServer } from '../services/kafka-server.ts';
import { kafkaService } from '../services/kafka.ts';
import { reasonOf } from '../services/service.ts';
import { silentLog } from '../support/log.ts';
import { describeIf } from '../support/requires.ts';

const kafka = await kafkaService();
const own = await canRunKafka();

async function connected(address: string): Promise<BrokerUnderTest> {
  const broker = kafkaBroker({ brokers: [address], clientId: 'contract', log: silentLog });
  await broker.start();
  return { broker, stop: () => broker.stop() };
}

async function restartable(): Promise<RestartableBroker> {
  const server = await kafkaServer();
  const { broker, stop } = await connected(server.address);
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
  brokerContract('kafka', () => connected(kafka.kind === 'running' ? kafka.address : ''), {
    capabilities: ['rebalance', 'process-fencing', 'restart'],
    numRuns: 25,
    ...(own.kind === 'ready' && { restartable }),
  });
});
