import { describe, expect, it } from '@jest/globals';
import { migrate } from '../../pipeline/db/migrate.ts';
import { migrations, statements } from '../../pipeline/db/migrations.ts';
import { ConfigError, PermanentError } from '../../pipeline/model/errors.ts';
import { catalogue } from '../../topics/catalogue.ts';
import { postgresService, silent } from '../services/postgres.ts';
import { withSql } from './sql-folder.ts';

const postgres = postgresService();

describe('the files', () => {
  it('are of every flavour and in a transaction unless they say otherwise', () => {
    expect(migrations()[0]).toMatchObject({
      version: 1,
      file: '0001_inventory.sql',
      flavours: ['timescaledb', 'timescaledb-apache', 'postgresql'],
      transactional: true,
    });
  });

  it('say otherwise in the comment that they begin with', async () => {
    const files = {
      '0900_both.sql':
        '-- Words.\r\n-- flavour: timescaledb, timescaledb-apache\r\n-- transaction: none\r\nSELECT 1;',
      '0901_late.sql': 'SELECT 1;\n-- transaction: none\n',
    };
    await withSql(files, async (folder) => {
      expect(migrations(folder).slice(-2)).toMatchObject([
        { flavours: ['timescaledb', 'timescaledb-apache'], transactional: false },
        { transactional: true },
      ]);
    });
  });

  it.each([
    ['0004_again.sql', 'SELECT 1;', '0004_again.sql and 0004_sink.sql have one number'],
    ['0900_x.sql', '-- flavour: oracle\n', 'is for the flavour "oracle": there are timescaledb, '],
    ['0900_x.sql', '-- transaction: some\n', 'says "transaction: some": "none" can be said, or nothing'],
  ])('that are wrong are refused: %s %s', async (file, sql, message) => {
    await withSql({ [file]: sql }, async (folder) => {
      expect(() => migrations(folder)).toThrow(ConfigError);
      expect(() => migrations(folder)).toThrow(message);
    });
  });
});

describe('statements of a file without a transaction', () => {
  const file = '0900_x.sql';

  it('end with a semicolon at the end of a line', () => {
    const sql = "-- why;\nSELECT ';' AS a,\n  2; -- one\n\nCALL refresh(); \r\n-- the end\n";
    expect(statements({ file, sql })).toEqual(["SELECT ';' AS a,\n  2", 'CALL refresh()']);
  });

  it('may not have bodies in dollar quotes', () => {
    const sql = 'DO $$ BEGIN\n  NULL;\nEND $$;';
    expect(() => statements({ file, sql })).toThrow('0900_x.sql runs without a transaction and has a body');
  });
});

describe('a migration without a transaction', () => {
  const INDEX = `-- transaction: none
    CREATE INDEX CONCURRENTLY IF NOT EXISTS devices_zone ON devices (zone);
    CREATE INDEX CONCURRENTLY IF NOT EXISTS devices_role ON devices (role);`;

  it('does what PostgreSQL refuses in one (25001), as the owner of the tables', async () => {
    const { pool } = await postgres.database();
    await withSql({ '0900_index.sql': INDEX.replace('-- transaction: none', '') }, async (folder) => {
      await expect(migrate({ pool, catalogue, log: silent, folder })).rejects.toThrow('25001');
    });
    await withSql({ '0900_index.sql': INDEX }, async (folder) => {
      const done = await migrate({ pool, catalogue, log: silent, folder });
      expect(done).toEqual(['apply 0900_index.sql']);
      expect(await migrate({ pool, catalogue, log: silent, folder })).toEqual([]);
    });
    const { rows } = await pool.query(
      `SELECT relname AS name, relowner::regrole::text AS owner FROM pg_class
        WHERE relname IN ('devices_role', 'devices_zone') ORDER BY 1`,
    );
    expect(rows).toEqual([
      { name: 'devices_role', owner: 'netsigma_owner' },
      { name: 'devices_zone', owner: 'netsigma_owner' },
    ]);
  });

  it('that fails half way is not applied, says where, and goes through once the cause is gone', async () => {
    const { pool } = await postgres.database();
    const late = INDEX.replace('ON devices (role)', 'ON racks (role)');
    await withSql({ '0900_index.sql': late }, async (folder) => {
      const migrating = migrate({ pool, catalogue, log: silent, folder });
      await expect(migrating).rejects.toThrow(PermanentError);
      await expect(migrating).rejects.toThrow(
        /0900_index\.sql failed at its statement 2 of 2: relation "racks" does not exist .*run "netsigma migrate" again/,
      );
      await pool.query('CREATE TABLE racks (role text); ALTER TABLE racks OWNER TO netsigma_owner');
      const done = await migrate({ pool, catalogue, log: silent, folder });
      expect(done).toEqual(['apply 0900_index.sql']);
    });
  });

  it('is applied once by two at the same time, although the second waits beside it', async () => {
    const { pool } = await postgres.database();
    await withSql({ '0900_index.sql': INDEX }, async (folder) => {
      const both = await Promise.all([1, 2].map(() => migrate({ pool, catalogue, log: silent, folder })));
      expect(both.flat()).toEqual(['apply 0900_index.sql']);
    });
  });
});

describe('a migration of another flavour', () => {
  it('is left alone, and no step of a plan', async () => {
    const { pool } = await postgres.database();
    await withSql({ '0900_x.sql': '-- flavour: timescaledb\nSELECT 1/0;' }, async (folder) => {
      expect(await migrate({ pool, catalogue, log: silent, folder, plan: true })).toEqual([]);
      expect(await migrate({ pool, catalogue, log: silent, folder })).toEqual([]);
    });
  });
});
