/** docs/examples/ml on topics that the pipeline filled, on a real Kafka with a real registry. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { kafkaBroker } from '../../pipeline/broker/kafka/kafka-broker.ts';
import { avroCodec } from '../../pipeline/codec/avro-codec.ts';
import { httpRegistry } from '../../pipeline/codec/http-registry.ts';
import { catalogue } from '../../topics/catalogue.ts';
import { writeToKafka } from '../golden/golden-kafka.ts';
import { foldAll } from '../golden/golden-run.ts';
import { withVerdicts } from '../golden/golden-verdicts.ts';
import { kafkaService } from '../services/kafka.ts';
import { python } from '../services/python.ts';
import { registryService } from '../services/registry.ts';
import { reasonOf } from '../services/service.ts';
import { silentLog } from '../support/log.ts';
import { describeIf } from '../support/requires.ts';
import { SPIKE_SETTINGS } from '../support/spike-story.ts';
import { disturbedPorts, verdictOn } from './foreign/disturbed-ports.ts';

const [kafka, registry, snake] = await Promise.all([kafkaService(), registryService(), python()]);
const missing = [kafka, registry, snake].map(reasonOf).filter(Boolean).join('; ');
const PROGRAM = new URL('../../docs/examples/ml/train.py', import.meta.url).pathname;
const SEED = 3;
const PARTITIONS = 3;

/** The program's one line. */
interface Result {
  readonly anomalies: number;
  readonly labels: number;
  readonly trained_on: number;
  readonly judged: number;
  readonly precision: number | null;
  readonly recall: number | null;
}

describeIf(missing === '', missing)('docs/examples/ml/train.py', () => {
  if (kafka.kind !== 'running' || registry.kind !== 'running' || snake.kind !== 'ready') return;
  const naming = { prefix: `ml-${randomBytes(4).toString('hex')}.`, generation: '' };
  const httpRegistryOf = httpRegistry({ url: registry.address, log: silentLog });
  const codec = avroCodec({ catalogue, naming, registry: httpRegistryOf });
  const broker = kafkaBroker({ brokers: kafka.address.split(','), clientId: 'ml', log: silentLog });
  let said = 0;

  beforeAll(async () => {
    await broker.start();
    await httpRegistryOf.start();
    await codec.start();
    const input = await withVerdicts(
      codec,
      disturbedPorts(codec, SEED),
      (anomaly) => ({ verdict: verdictOn(anomaly) }),
      SPIKE_SETTINGS,
    );
    said = input.filter(({ topic }) => topic === 'control.rule').length;
    await writeToKafka(kafka.address, broker, input, PARTITIONS, naming);
    await foldAll({ broker, codec, naming, settings: SPIKE_SETTINGS, checkpointIntervalMs: 5_000 });
  }, 240_000);

  afterAll(async () => {
    await codec.stop();
    await httpRegistryOf.stop();
    await broker.stop();
  });

  it('learns from the labels of earlier anomalies which later ones are real', async () => {
    const { stdout } = await promisify(execFile)(
      snake.program,
      [PROGRAM, '--brokers', kafka.address, '--registry', registry.address, '--prefix', naming.prefix],
      { env: { ...process.env, ...snake.env } },
    );
    const result = JSON.parse(stdout) as Result;
    expect(said).toBeGreaterThan(40);
    expect(result).toMatchObject({ anomalies: said, labels: said });
    expect(result.trained_on + result.judged).toBe(said);
    expect(result.judged).toBeGreaterThan(10);
    expect(result.precision!).toBeGreaterThan(0.8);
    expect(result.recall!).toBeGreaterThan(0.8);
  }, 60_000);
});
