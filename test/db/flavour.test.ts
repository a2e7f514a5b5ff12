import { describe, expect, it } from '@jest/globals';
import type { ClientBase } from 'pg';
import { FLAVOURS, flavourOf, timeSeriesStorage } from '../../pipeline/db/flavour.ts';
import { ConfigError } from '../../pipeline/model/errors.ts';
import { postgresService } from '../services/postgres.ts';

const postgres = postgresService();

/** A server that says this of itself. */
function server(changes: {
  version?: number;
  name?: string;
  license?: string;
  extension?: string | null;
  partitioned?: boolean;
}) {
  const row = {
    version: 170_004,
    name: '17.4',
    license: null,
    extension: null,
    partitioned: false,
    ...changes,
  };
  return { query: async () => ({ rows: [row] }) } as unknown as Pick<ClientBase, 'query'>;
}

describe('the flavour', () => {
  it('of a server without the extension is postgresql', async () => {
    const { pool } = await postgres.emptyDatabase();
    expect(await flavourOf(pool)).toBe('postgresql');
  });

  it.each([
    ['timescale', '2.19.3', 'timescaledb'],
    ['apache', '2.13.0', 'timescaledb-apache'],
    ['timescale', null, 'postgresql'],
  ])(
    'follows the licence setting %s where the extension is there (%s): %s',
    async (license, extension, flavour) => {
      expect(await flavourOf(server({ license, extension }))).toBe(flavour);
    },
  );

  it('stays postgresql where the tables were partitioned before the extension came', async () => {
    const later = server({ license: 'timescale', extension: '2.19.3', partitioned: true });
    expect(await flavourOf(later)).toBe('postgresql');
  });

  it('below PostgreSQL 15 is refused', async () => {
    const old = server({ version: 140_011, name: '14.11' });
    await expect(flavourOf(old)).rejects.toThrow(ConfigError);
    await expect(flavourOf(old)).rejects.toThrow('PostgreSQL 14.11, netsigma needs 15 or newer');
  });

  it.each(['2.12.2', '1.7.5'])('of TimescaleDB %s is refused, with what to run', async (extension) => {
    const old = server({ license: 'apache', extension });
    await expect(flavourOf(old)).rejects.toThrow(ConfigError);
    await expect(flavourOf(old)).rejects.toThrow(
      `TimescaleDB ${extension}, netsigma needs 2.13 or newer: upgrade it and run "ALTER EXTENSION`,
    );
  });

  it.each(['2.13.0', '2.23.0-dev', '3.0'])('of TimescaleDB %s is taken', async (extension) => {
    expect(await flavourOf(server({ license: 'apache', extension }))).toBe('timescaledb-apache');
  });

  it('always has a storage for time series', () => {
    for (const flavour of FLAVOURS) expect(timeSeriesStorage(flavour)).toHaveProperty('makeRoom');
  });
});
