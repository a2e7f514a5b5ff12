/** Topics read back by the verifier's own client and decoder, which share no code with the collector. */
import kafkajs from 'kafkajs';
import { assertValid } from '../bench.ts';
import { TopicLogs, type LogRecord } from '../../verify/topic-log.ts';
import { registrySchemas, WireDecoder } from '../../verify/wire.ts';

export interface Where {
  readonly kafka: string;
  readonly registry: string;
}

/** Records of a topic, from its beginning to its end as of now; `octets` is the length of the value. */
export async function* readRecords<T>(
  { kafka, registry }: Where,
  topic: string,
): AsyncGenerator<T & { readonly octets: number }> {
  const decoder = new WireDecoder(registrySchemas(registry));
  for await (const { value } of readLog(kafka, topic)) {
    assertValid(value !== null, `a record of ${topic} has no value`);
    yield Object.assign((await decoder.decode(value)) as object, { octets: value.length }) as T & {
      octets: number;
    };
  }
}

/** The same, as they lie in the log. */
export async function* readLog(kafka: string, topic: string): AsyncGenerator<LogRecord> {
  const client = new kafkajs.Kafka({
    clientId: 'netsigma-bench',
    brokers: [kafka],
    logLevel: kafkajs.logLevel.ERROR,
  });
  const logs = await TopicLogs.connect(client);
  try {
    yield* logs.read(topic);
  } finally {
    await logs.close();
  }
}
