import { describe, expect, it } from '@jest/globals';
import type { ClientBase } from 'pg';
import { FLAVOURS, flavourOf, timeSeriesStorage } from '../../pipeline/db/flavour.ts';
import { ConfigError } from '../../pipeline/model/errors.ts';
import { postgresService } from '../services/postgres.ts';

const postgres = postgresService();

/** A server that says this of itself. */
function server(row: { version: number; name: string; license: string | null; extension: boolean }) {
  return { query: async () => ({ rows: [row] }) } as unknown as Pick<ClientBase, 'query'>;
}

describe('the flavour', () => {
  it('of a server without the extension is postgresql', async () => {
    const { pool } = await postgres.emptyDatabase();
    expect(await flavourOf(pool)).toBe('postgresql');
  });

  it.each([
    ['timescale', true, 'timescaledb'],
    ['apache', true, 'timescaledb-apache'],
    ['timescale', false, 'postgresql'],
  ])(
    'follows the licence setting %s where the extension is there (%s): %s',
    async (license, extension, flavour) => {
      expect(await flavourOf(server({ version: 170_004, name: '17.4', license, extension }))).toBe(flavour);
    },
  );

  it('below PostgreSQL 15 is refused', async () => {
    const old = server({ version: 140_011, name: '14.11', license: null, extension: false });
    await expect(flavourOf(old)).rejects.toThrow(ConfigError);
    await expect(flavourOf(old)).rejects.toThrow('PostgreSQL 14.11, netsigma needs 15 or newer');
  });

  it('always has a storage for time series', () => {
    for (const flavour of FLAVOURS) expect(timeSeriesStorage(flavour)).toHaveProperty('makeRoom');
  });
});
