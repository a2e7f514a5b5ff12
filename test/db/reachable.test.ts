import { afterEach, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../pipeline/config.ts';
import { database, type Database } from '../../pipeline/database.ts';
import { ConfigError, RetryableError } from '../../pipeline/model/errors.ts';
import { catalogue } from '../../topics/catalogue.ts';
import { postgresService, silent } from '../services/postgres.ts';

const postgres = postgresService();
const started: Database[] = [];
const onExisting = process.env['NETSIGMA_TEST_DATABASE_URL'] !== undefined;

afterEach(async () => {
  await Promise.all(started.splice(0).map((store) => store.stop()));
});

function databaseAt(url: string): Database {
  const { config } = loadConfig({
    text: '',
    env: { NETSIGMA_DATABASE_URL: url },
    readFile: () => '',
    processName: 'here',
  });
  const store = database({ config, catalogue, log: silent, schema: 'leave' });
  started.push(store);
  return store;
}

async function refusal(url: string): Promise<Error> {
  try {
    await databaseAt(url).start();
  } catch (error) {
    return error as Error;
  }
  throw new Error(`${url} can be reached`);
}

describe('a database that cannot be reached at the start', () => {
  it('is named with its setting, without its password, and with what to do', async () => {
    const error = await refusal('postgres://u:hunter2@127.0.0.1:1/d?sslpassword=hunter3');
    expect(error).toBeInstanceOf(RetryableError);
    expect(error.message).toContain('database.url (postgres://u:***@127.0.0.1:1/d');
    expect(error.message).toContain('connect ECONNREFUSED 127.0.0.1:1');
    expect(error.message).toContain('Start the server');
    expect(error.message).not.toMatch(/hunter/);
  });

  it('says why where a host has several addresses', async () => {
    expect((await refusal('postgres://u@localhost:1/d')).message).toContain('ECONNREFUSED');
  });

  it('is a ConfigError where the server has no such database', async () => {
    const { url } = await postgres.emptyDatabase();
    const elsewhere = new URL(url);
    elsewhere.pathname = '/nowhere';
    const error = await refusal(elsewhere.href);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toMatch(/database "nowhere" does not exist.*correct the name/);
  });

  // A server of one's own may trust everybody on this host.
  (onExisting ? it.skip : it)('is a ConfigError where the server refuses the password', async () => {
    const { url } = await postgres.emptyDatabase();
    const guessed = new URL(url);
    guessed.password = 'guess';
    const error = await refusal(guessed.href);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toContain('Correct the user and the password');
    expect(error.message).not.toContain('guess');
  });

  it('starts where it can be reached', async () => {
    const { url } = await postgres.emptyDatabase();
    const store = databaseAt(url);
    await store.start();
    expect((await store.pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });
});
