import { describe, expect, it } from '@jest/globals';
import { connectionPool, withoutPassword } from '../../pipeline/db/pool.ts';
import { ConfigError } from '../../pipeline/model/errors.ts';
import { postgresService, silent } from '../services/postgres.ts';
import { until } from '../support/until.ts';

const postgres = postgresService();

describe('the pool', () => {
  it('refuses what is no PostgreSQL URL without repeating it', () => {
    const url = 'mysql://user:secret@host/db';
    expect(() => connectionPool({ url, applicationName: 'x', log: silent })).toThrow(ConfigError);
    expect(() => connectionPool({ url, applicationName: 'x', log: silent })).not.toThrow('secret');
  });

  it('names itself, limits its statements, and survives the loss of idle connections', async () => {
    const { pool: admin, url } = await postgres.database();
    let lost = 0;
    const log = { ...silent, warn: () => void (lost += 1) };
    const pool = connectionPool({ url, applicationName: 'by name', log, statementTimeoutMs: 50 });
    try {
      await expect(pool.query('SELECT pg_sleep(5)')).rejects.toThrow('statement timeout');
      await pool.query('SELECT 1');
      await admin.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'by name'",
      );
      await until(() => lost > 0, 'the lost connection was noticed');
      expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    } finally {
      await pool.end();
    }
  });

  it('shows a URL without its password', () => {
    expect(withoutPassword('postgres://u:secret@h:5432/d')).toBe('postgres://u:***@h:5432/d');
    expect(withoutPassword('nonsense')).toBe('(not a URL)');
  });
});
