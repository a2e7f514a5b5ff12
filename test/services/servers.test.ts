import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Kafka, logLevel, type SASLOptions } from 'kafkajs';
import pg from 'pg';
import { describeIf } from '../support/requires.ts';
import { until } from '../support/until.ts';
import { isFree } from './free-port.ts';
import { canRunKafka, kafkaServer } from './kafka-server.ts';
import { canRunRegistry } from './registry-server.ts';
import { reasonOf } from './service.ts';
import { canRunTimescale, timescaleServer } from './timescale-server.ts';

const START_MS = 120_000;
const can = {
  kafka: await canRunKafka(),
  registry: await canRunRegistry(),
  timescale: await canRunTimescale(),
};

describeIf(can.kafka.kind === 'ready', reasonOf(can.kafka))('a private kafka', () => {
  it(
    'keeps its address and data when it is killed and restarted',
    async () => {
      const server = await kafkaServer();
      try {
        const client = new Kafka({ brokers: [server.address], logLevel: logLevel.NOTHING });
        const offsets = async () => {
          const admin = client.admin();
          await admin.connect();
          const [partition] = await admin.fetchTopicOffsets('kept').finally(() => admin.disconnect());
          return partition?.high;
        };
        const admin = client.admin();
        const producer = client.producer();
        await Promise.all([admin.connect(), producer.connect()]);
        await admin.createTopics({ topics: [{ topic: 'kept', numPartitions: 1 }] });
        await producer.send({ topic: 'kept', messages: [{ value: 'a' }, { value: 'b' }] });
        await Promise.all([admin.disconnect(), producer.disconnect()]);

        await server.kill();
        expect(await isFree(Number(server.address.split(':')[1]))).toBe(true);
        await server.restart();
        expect(await offsets()).toBe('2');
        await server.restart();
        expect(await offsets()).toBe('2');
      } finally {
        await server.stop();
        await server.stop();
      }
    },
    START_MS,
  );

  it(
    'lets users in by each SASL mechanism over TLS, and nobody else',
    async () => {
      const server = await kafkaServer({
        listeners: [
          { name: 'CLIENTS', protocol: 'SASL_SSL' },
          { name: 'PLAINUSERS', protocol: 'SASL_PLAINTEXT', mechanisms: ['PLAIN'] },
        ],
        users: [{ name: 'netsigma', password: 'let-me-in' }],
        properties: { 'message.max.bytes': '2000000' },
      });
      try {
        const connect = async (listener: string, sasl: SASLOptions, ca: string | undefined) => {
          const admin = new Kafka({
            brokers: [server.addressOf(listener)],
            logLevel: logLevel.NOTHING,
            retry: { retries: 0 },
            ...(ca !== undefined && { ssl: { ca: [ca] } }),
            sasl: { ...sasl }, // kafkajs keeps its authenticator in the object that it is given
          }).admin();
          try {
            await admin.connect();
            return (await admin.describeCluster()).brokers.length;
          } finally {
            await admin.disconnect();
          }
        };
        const good = { username: 'netsigma', password: 'let-me-in' };
        for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512'] as const) {
          const sasl = { mechanism, ...good } as SASLOptions;
          expect(await connect('CLIENTS', sasl, server.certificate)).toBe(1);
          const bad = { ...sasl, password: 'guess' } as SASLOptions;
          await expect(connect('CLIENTS', bad, server.certificate)).rejects.toThrow(/authentication/i);
        }
        expect(await connect('PLAINUSERS', { mechanism: 'plain', ...good }, undefined)).toBe(1);
      } finally {
        await server.stop();
      }
    },
    START_MS,
  );
});

describeIf(can.timescale.kind === 'ready', reasonOf(can.timescale))('a private timescale', () => {
  it(
    'keeps what it confirmed when it is killed and restarted',
    async () => {
      const server = await timescaleServer();
      const query = async (statement: string): Promise<unknown[]> => {
        const client = new pg.Client({ connectionString: server.address });
        await client.connect();
        return (await client.query<object>(statement).finally(() => client.end())).rows;
      };
      try {
        await query('CREATE TABLE kept AS SELECT 7 AS seven');
        await server.kill();
        await server.restart();
        expect(await query('SELECT * FROM kept')).toEqual([{ seven: 7 }]);
        await server.restart();
        expect(await query('SELECT * FROM kept')).toEqual([{ seven: 7 }]);
      } finally {
        await server.stop();
      }
    },
    START_MS,
  );
});

describe('when the process that started servers is killed', () => {
  const missing = Object.values(can).find(({ kind }) => kind === 'missing');
  describeIf(missing === undefined, missing === undefined ? '' : reasonOf(missing))('all of them', () => {
    it(
      'go, with their files',
      async () => {
        const script = fileURLToPath(new URL('servers-until-killed.ts', import.meta.url));
        const owner = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
        const [line] = (await once(createInterface(owner.stdout), 'line')) as [string];
        const ports = JSON.parse(line) as number[];
        const folders = () => readdirSync(tmpdir()).filter((name) => name.includes(`-${owner.pid!}-`));
        expect(folders()).toHaveLength(ports.length);
        expect(await Promise.all(ports.map(isFree))).toEqual([false, false, false]);

        owner.kill('SIGKILL');
        await until(
          async () => (await Promise.all(ports.map(isFree))).every(Boolean) && folders().length === 0,
          'ports and files of the killed process to be free',
          20_000,
        );
      },
      START_MS,
    );
  });
});
