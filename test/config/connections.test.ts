/** Settings of Kafka and the registry, and what is made of them. */
import { describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { printConfig } from '../../pipeline/config/print-config.ts';
import { kafkaOptions, openBroker, openRegistry } from '../../pipeline/connections.ts';
import { silentLog } from '../support/log.ts';
import { load, problemsOf } from './load.ts';

const KAFKA = (kafka: string) =>
  `broker: { kind: kafka, kafka: { ${kafka} } }\nregistry: { url: "http://r:8081" }`;
const options = (kafka: string, env = {}) => kafkaOptions(load(KAFKA(kafka), { env }).config, silentLog);

describe('Kafka', () => {
  it('has its brokers as a list or as text, also from the environment', () => {
    const both = ['a.example:9092', '[2001:db8::1]:9093'];
    expect(options(`brokers: [a.example:9092, "[2001:db8::1]:9093"]`).brokers).toEqual(both);
    expect(options(`brokers: "a.example:9092, [2001:db8::1]:9093,"`).brokers).toEqual(both);
    expect(options('', { NETSIGMA_BROKER_KAFKA_BROKERS: 'x:1,y:2' }).brokers).toEqual(['x:1', 'y:2']);
    expect(printConfig(load(KAFKA('brokers: "a:1,b:2"')).config)).toContain('      - a:1\n      - b:2\n');
  });

  it.each(['a', '":9092"', '"http://a:1"', '"a:1 b:2"', '[]', '""', '[7]', '{}'])(
    'refuses %s for brokers',
    (wrong) => {
      expect(problemsOf(KAFKA(`brokers: ${wrong}`))).toMatch(
        /netsigma\.yaml:1: broker\.kafka\.brokers.* is wrong: expected host:port/,
      );
    },
  );

  it('gets neither login nor TLS unless configured', () => {
    expect(options('')).toEqual({
      brokers: ['127.0.0.1:9092'],
      clientId: 'netsigma',
      log: silentLog,
      sessionTimeoutMs: 6_000,
      replicationFactor: -1,
      compression: 'zstd',
      fastProduce: true,
    });
    expect(options('tls: { enabled: true }').tls).toEqual({});
    expect(options('', { NETSIGMA_BROKER_KAFKA_TLS_ENABLED: 'true' }).tls).toEqual({});
    expect(problemsOf(KAFKA('tls: { enabled: 1 }'))).toContain('expected true or false');
  });

  it('gets user and password, by reference only', () => {
    const sasl = (password: string) =>
      `sasl: { mechanism: scram-sha-512, username: netsigma, password: ${password} }`;
    const { sasl: made } = options(sasl('env:KAFKA_PASSWORD'), { KAFKA_PASSWORD: 's3cret' });
    expect(made).toMatchObject({ mechanism: 'scram-sha-512', username: 'netsigma' });
    expect(made!.password.reveal()).toBe('s3cret');
    const message = problemsOf(KAFKA(sasl('s3cret')));
    expect(message).toContain('broker.kafka.sasl.password is a secret in plain text');
    expect(message).not.toContain('s3cret');
  });

  it('gets certificates as they are in their files, and names a file that cannot be read', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'netsigma-tls-'));
    try {
      for (const name of ['ca', 'cert', 'key']) await writeFile(join(folder, `${name}.pem`), `${name} PEM`);
      const file = (name: string) => `${name}_file: ${join(folder, `${name}.pem`)}`;
      const { tls } = options(`tls: { enabled: true, ${file('ca')}, ${file('cert')}, ${file('key')} }`);
      expect([tls!.ca, tls!.cert, tls!.key!.reveal()]).toEqual(['ca PEM', 'cert PEM', 'key PEM']);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    expect(() => options('tls: { enabled: true, ca_file: /nowhere/ca.pem }')).toThrow(
      'broker.kafka.tls.ca_file /nowhere/ca.pem cannot be read (ENOENT): check the path',
    );
  });

  it.each([
    ['sasl: { mechanism: plain }', 'broker.kafka.sasl.username is missing: mechanism plain needs it'],
    ['sasl: { mechanism: plain }', 'broker.kafka.sasl.password is missing: mechanism plain needs it'],
    ['tls: { ca_file: a }', 'broker.kafka.tls.enabled is false, though files are named'],
    ['tls: { enabled: true, key_file: a }', 'broker.kafka.tls has only one of cert_file and key_file'],
    ['session_timeout: 10ms', 'expected a duration from 1s to 5m'],
    ['replication_factor: -2', 'expected at least -1'],
  ])('with %s is told that %s', (kafka, problem) => {
    expect(problemsOf(KAFKA(kafka))).toContain(problem);
  });
});

describe('the registry', () => {
  it('is needed beside Kafka, and inside this process beside the memory broker', () => {
    expect(problemsOf('broker: { kind: kafka }')).toContain(
      'registry.url is missing: broker.kind kafka needs a schema registry',
    );
    const { config } = load('');
    expect(openRegistry(config, silentLog).name).toBe('registry');
    expect(openBroker(config, silentLog).name).toBe('memory broker');
    expect(openRegistry(load(KAFKA('')).config, silentLog).name).toBe('registry');
  });

  it('has its user beside its address, never in it', () => {
    const message = problemsOf('registry: { url: "http://user:s3cret@r:8081" }');
    expect(message).toContain('registry.url holds a user or a password');
    expect(message).not.toContain('s3cret');
    expect(problemsOf('registry: { url: "ftp://r" }')).toContain(
      'is no address such as http://registry:8081',
    );
    expect(problemsOf('registry: { username: a }')).toContain('has only one of username and password');
  });
});
