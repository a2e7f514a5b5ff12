import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { connectionPool } from '../../pipeline/db/pool.ts';
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

  it('has closed its connections when end resolves, and says nothing of those lost meanwhile', async () => {
    const { url } = await postgres.database();
    let warnings = 0;
    const log = { ...silent, warn: () => void (warnings += 1) };
    const pool = connectionPool({ url, applicationName: 'ending', log });
    let closed = 0;
    pool.on('connect', (client) => client.once('end', () => void (closed += 1)));
    await Promise.all([1, 2, 3].map(() => pool.query('SELECT pg_sleep(0.05)')));
    pool.emit('error', new Error('lost while in use'));
    expect(warnings).toBe(1);
    const ending = pool.end();
    pool.emit('error', new Error('terminating connection due to administrator command'));
    await ending;
    expect(closed).toBe(3);
    expect(warnings).toBe(1);
  });

  it('ends although the server does not close a connection', async () => {
    const pool = connectionPool({ url: 'postgres://u@127.0.0.1:1/d', applicationName: 'x', log: silent });
    pool.emit('connect', new EventEmitter());
    await expect(pool.end()).resolves.toBeUndefined();
  });
});
