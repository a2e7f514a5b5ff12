/**
 * A process of its own that folds a golden input on Kafka: `node golden-member.ts ADDRESS PREFIX`. It ends with 0 once
 * everything is folded and committed, or whenever somebody kills it.
 */
import { kafkaBroker } from '../../pipeline/broker/kafka/kafka-broker.ts';
import { startedCodec } from '../support/codec.ts';
import { silentLog } from '../support/log.ts';
import { foldAll } from './golden-run.ts';

const [address, prefix] = process.argv.slice(2);
if (address === undefined || prefix === undefined) throw new Error('usage: golden-member.ts ADDRESS PREFIX');

const broker = kafkaBroker({
  brokers: [address],
  clientId: 'golden-member',
  log: silentLog,
  sessionTimeoutMs: 1_500,
});
await broker.start();
await foldAll({
  broker,
  codec: await startedCodec(),
  naming: { prefix, generation: '' },
  checkpointIntervalMs: 300,
});
await broker.stop();
process.exit(0);
