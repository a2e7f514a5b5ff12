import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { describeIf, hasProgram } from '../support/requires.ts';
import { until } from '../support/until.ts';
import { java } from './java.ts';
import { kafkaService } from './kafka.ts';
import { registryService } from './registry.ts';
import { missingProgram, reasonOf } from './service.ts';
import { timescaleService } from './timescale.ts';

const kafka = await kafkaService();
const registry = await registryService();
const timescale = await timescaleService();
const unique = `services-test-${randomBytes(4).toString('hex')}`;
const addressOf = (service: { kind: string } | { kind: 'running'; address: string }) =>
  'address' in service ? service.address : '';

describeIf(kafka.kind === 'running', reasonOf(kafka))('the kafka service', () => {
  const client = new Kafka({ brokers: [addressOf(kafka)], logLevel: logLevel.NOTHING });

  it('stores what a transaction has written', async () => {
    const admin = client.admin();
    const producer = client.producer({ transactionalId: unique, maxInFlightRequests: 1 });
    await Promise.all([admin.connect(), producer.connect()]);
    try {
      await admin.createTopics({ topics: [{ topic: unique, numPartitions: 2 }] });
      const transaction = await producer.transaction();
      await transaction.send({ topic: unique, messages: [{ partition: 1, value: 'a reading' }] });
      await transaction.commit();
      // Committed: the record, and the mark that the transaction has ended. The mark follows the broker's answer.
      const ends = async () => (await admin.fetchTopicOffsets(unique)).map(({ high }) => high).sort();
      await until(async () => (await ends()).join() === '0,2', 'the transaction to be readable');
      await admin.deleteTopics({ topics: [unique] });
    } finally {
      await Promise.all([admin.disconnect(), producer.disconnect()]);
    }
  });

  it('makes no topics by itself', async () => {
    const admin = client.admin();
    await admin.connect();
    try {
      await expect(admin.fetchTopicMetadata({ topics: [`${unique}-never`] })).rejects.toThrow(
        'does not host this topic',
      );
    } finally {
      await admin.disconnect();
    }
  });

  it('is the same for each that asks', async () => {
    expect(await kafkaService()).toMatchObject({ kind: 'running', address: addressOf(kafka) });
  });
});

describeIf(registry.kind === 'running', reasonOf(registry))('the registry service', () => {
  it('gives a schema its id and the schema back', async () => {
    const address = addressOf(registry);
    expect(address).toMatch(/\/apis\/ccompat\/v7$/);
    const schema = `{"type":"record","name":"r${unique.replaceAll('-', '_')}","fields":[]}`;
    const registered = await fetch(`${address}/subjects/${unique}/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ schema }),
    });
    const { id } = (await registered.json()) as { id: number };
    const found = await fetch(`${address}/schemas/ids/${id}`);
    expect(await found.json()).toMatchObject({ schema });
  });
});

describeIf(timescale.kind === 'running', reasonOf(timescale))('the timescale service', () => {
  it('makes hypertables, in new databases too', async () => {
    const admin = new pg.Client({ connectionString: addressOf(timescale) });
    const database = unique.replaceAll('-', '_');
    await admin.connect();
    await admin.query(`CREATE DATABASE ${database}`);
    const url = new URL(addressOf(timescale));
    url.pathname = `/${database}`;
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    await client.query('CREATE TABLE samples (at timestamptz NOT NULL, value float8)');
    await client.query(`SELECT create_hypertable('samples', 'at')`);
    await client.query('INSERT INTO samples VALUES (now(), 1)');
    const { rows } = await client.query('SELECT num_chunks::int FROM timescaledb_information.hypertables');
    expect(rows).toEqual([{ num_chunks: 1 }]);
    await client.end();
    await admin.query(`DROP DATABASE ${database} WITH (FORCE)`);
    await admin.end();
  });
});

describe('asking for a service', () => {
  it('gives the address of the environment before all else', async () => {
    const before = { ...process.env };
    try {
      process.env['NETSIGMA_TEST_KAFKA'] = 'broker.example:9092';
      process.env['NETSIGMA_TEST_REGISTRY'] = 'http://registry.example/apis/ccompat/v7';
      process.env['NETSIGMA_TEST_TIMESCALE'] = 'postgres://db.example/postgres';
      expect(await kafkaService()).toMatchObject({ address: 'broker.example:9092' });
      expect(await registryService()).toMatchObject({ address: 'http://registry.example/apis/ccompat/v7' });
      expect(await timescaleService()).toMatchObject({ address: 'postgres://db.example/postgres' });
    } finally {
      for (const name of ['KAFKA', 'REGISTRY', 'TIMESCALE']) {
        const variable = `NETSIGMA_TEST_${name}`;
        if (before[variable] === undefined) Reflect.deleteProperty(process.env, variable);
        else process.env[variable] = before[variable];
      }
    }
  });

  it('says what to install when it is missing', async () => {
    const before = process.env['JAVA_HOME'];
    process.env['JAVA_HOME'] = '/nowhere';
    try {
      expect(await java()).toEqual({
        kind: 'missing',
        reason: 'there is no Java, 17 or newer is needed (on Debian: apt-get install default-jre-headless)',
      });
    } finally {
      if (before === undefined) Reflect.deleteProperty(process.env, 'JAVA_HOME');
      else process.env['JAVA_HOME'] = before;
    }
    expect(hasProgram('no-such-program')).toBe(false);
    expect(missingProgram({ sh: 'dash', 'no-such-program': 'no-such-package' })).toEqual({
      kind: 'missing',
      reason: 'there is no program "no-such-program" (on Debian: apt-get install no-such-package)',
    });
  });
});
