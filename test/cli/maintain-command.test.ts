import { describe, expect, it } from '@jest/globals';
import { dailyPartitions, dayOf } from '../../pipeline/db/partitions.ts';
import { maintainCommand } from '../../pipeline/maintain-command.ts';
import { ConfigError, RetryableError } from '../../pipeline/model/errors.ts';
import { catalogue } from '../../topics/catalogue.ts';
import { load } from '../config/load.ts';
import { postgresService, silent, type TestDatabase } from '../services/postgres.ts';

const postgres = postgresService();
const NOW = Date.UTC(2026, 10, 21, 12);
const SETTINGS = 'sink: { retention: { interface_metrics: 7d, anomaly_events: 730d } }';

async function maintained(
  { url }: Pick<TestDatabase, 'url'>,
  options: { dryRun?: boolean; json?: boolean } = {},
): Promise<{ lines: string[]; error: unknown }> {
  const { config } = load(`database: { url: env:URL }\nstartup_timeout: 0ms\n${SETTINGS}`, {
    env: { URL: url },
  });
  let output = '';
  const { signal } = new AbortController();
  const error: unknown = await maintainCommand(
    {
      config,
      catalogue,
      clock: () => NOW,
      log: silent,
      write: (text) => (output += text),
      signal,
      stopping: () => undefined,
    },
    { dryRun: false, json: false, ...options },
  ).catch((thrown: unknown) => thrown);
  return { lines: output.split('\n').filter(Boolean), error };
}

describe('maintain', () => {
  it('says what it would do, does it, and has nothing left to do', async () => {
    const database = await postgres.database();
    await dailyPartitions.makeRoom(database.pool, 'interface_metrics', [dayOf(NOW) - 8, dayOf(NOW)]);
    const planned = await maintained(database, { dryRun: true });
    expect(planned).toEqual({
      error: undefined,
      lines: expect.arrayContaining([
        'keep    interface_metrics: 30 days -> 7 days',
        'make    interface_metrics: interface_metrics_p20261122',
        'drop    interface_metrics: interface_metrics_p20261113',
      ]),
    });
    expect(await maintained(database)).toEqual(planned);
    const nothing = ['nothing to do: the tables are as the settings say'];
    expect(await maintained(database, { dryRun: true })).toEqual({ lines: nothing, error: undefined });
    expect(await maintained(database)).toEqual({ lines: nothing, error: undefined });
    expect(await maintained(database, { json: true })).toEqual({ lines: [], error: undefined });
  });

  it('does what it can when a table is held, and is to be tried again', async () => {
    const database = await postgres.database();
    const { pool } = database;
    for (const table of ['interface_metrics', 'poll_history'])
      await dailyPartitions.makeRoom(pool, table, [dayOf(NOW) - 60]);
    const reader = await pool.connect();
    try {
      await reader.query('BEGIN; LOCK TABLE interface_metrics IN ACCESS SHARE MODE');
      const { lines, error } = await maintained(database);
      expect(error).toBeInstanceOf(RetryableError);
      expect((error as Error).message).toContain('run "netsigma maintain" again');
      const dropped = lines.filter((line) => line.startsWith('drop'));
      expect(dropped).toEqual(['drop    poll_history: poll_history_p20260922']);
    } finally {
      await reader.query('ROLLBACK');
      reader.release();
    }
    expect((await maintained(database)).lines).toContain(
      'drop    interface_metrics: interface_metrics_p20260922',
    );
  });

  it('refuses a database that is not migrated', async () => {
    const { error } = await maintained(await postgres.emptyDatabase());
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toContain('run "netsigma migrate"');
  });
});
