import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { columnEncoder, writeValue } from '../../pipeline/sink/column-encoder.ts';
import { copyIn } from '../../pipeline/sink/copy-in.ts';
import { RowBatch } from '../../pipeline/sink/row-batch.ts';
import { tableColumns } from '../../pipeline/sink/table-columns.ts';
import { postgresService } from '../services/postgres.ts';

const postgres = postgresService();

const TABLE = `CREATE TABLE every_type (
  n integer, i2 smallint, i4 integer, i8 bigint, c8 bigint, f4 real, f8 double precision, num numeric(9,3),
  flag boolean, txt text, id uuid, ip inet, at timestamptz, day date, words text[], ips inet[], doc jsonb)`;
const COLUMNS = [
  'n',
  'i2',
  'i4',
  'i8',
  'c8',
  'f4',
  'f8',
  'num',
  'flag',
  'txt',
  'id',
  'ip',
  'at',
  'day',
  'words',
  'ips',
  'doc',
];

/** How each column is read back as text that equals what was written. */
const READ = `
  SELECT n, i2, i4, i8::text, c8::text, f4::float8 AS f4, float8send(f8) AS f8, num::text, flag, txt, id::text,
         host(ip) AS ip, masklen(ip) AS bits, (extract(epoch FROM at) * 1000)::text AS at, day::text, words,
         ARRAY(SELECT host(one) FROM unnest(ips) one) AS ips, doc
    FROM every_type ORDER BY n`;

const text = fc.string({
  unit: fc.constantFrom('a', 'Z', '0', ' ', '\\', '\t', 'ü', '—', '漢', '🛰', '\u0001'),
  maxLength: 90,
});
const address = fc.oneof(fc.ipV4(), fc.ipV6());
const ms = fc.oneof(
  fc.integer({ min: Date.UTC(1715, 0, 1), max: Date.UTC(2284, 0, 1) }),
  fc.constantFrom(0, -1, 1, 946_684_799_999, 946_684_800_000, Date.UTC(1969, 11, 31, 23, 59, 59, 999)),
);
const float8 = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(-0, 0, 5e-324, -5e-324, Number.MIN_VALUE * 3, Number.MAX_VALUE, Number.MIN_SAFE_INTEGER),
);
const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n, -1n, 0n, 2n ** 32n, -(2n ** 32n) - 1n),
);
const row = fc.record({
  i2: fc.integer({ min: -32_768, max: 32_767 }),
  i4: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  i8: int64,
  c8: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  f4: fc.float({ noNaN: true, noDefaultInfinity: true }),
  f8: float8,
  num: fc.double({ min: -999_999, max: 999_999, noNaN: true }),
  flag: fc.boolean(),
  txt: text,
  id: fc.uuid(),
  ip: address,
  at: ms,
  day: ms,
  words: fc.array(text, { maxLength: 4 }),
  ips: fc.array(address, { maxLength: 3 }),
  // Keys are fixed: V8's JSON.parse (Node 24.21) may return "\\" for the key "\t" once it has seen the former.
  doc: fc
    .record({ words: fc.array(text, { maxLength: 3 }), number: fc.integer(), flag: fc.boolean() })
    .map((doc) => JSON.stringify(doc)),
});

function float8Bytes(value: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes.toString('hex');
}

/** One spelling: PostgreSQL prints ::ffff:1.2.3.4 with dots, fast-check writes it in many ways. */
function canonical(ip: string): string {
  return ip.includes(':') ? new URL(`http://[${ip}]`).hostname.slice(1, -1) : ip;
}

describe('binary COPY', () => {
  it('brings every value of every type back as it was', async () => {
    const { pool } = await postgres.database();
    await pool.query(TABLE);
    const client = await pool.connect();
    try {
      const columns = await tableColumns(client, 'every_type');
      const encoders = COLUMNS.map((name) => columnEncoder(columns.get(name)!)!);
      const batch = new RowBatch();
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.option(row, { freq: 9 }), { minLength: 1, maxLength: 40 }),
          async (rows) => {
            batch.clear();
            for (const [n, values] of rows.entries()) {
              batch.begin();
              batch.out.int16(COLUMNS.length);
              for (const [i, name] of COLUMNS.entries()) {
                const value = name === 'n' ? n : (values as Record<string, unknown> | null)?.[name];
                const fault =
                  name === 'c8' && values !== null
                    ? batch.out.uint64(Number(values.c8 >> 32n), Number(values.c8 & 0xffffffffn))
                    : writeValue(batch.out, encoders[i]!, false, value);
                expect(fault).toBeUndefined();
              }
              batch.end(0, n);
            }
            await client.query('TRUNCATE every_type');
            expect(await copyIn(client, 'every_type', COLUMNS, batch.chunks())).toBe(rows.length);
            const { rows: back } = await client.query<Record<string, unknown>>(READ);
            for (const [n, values] of rows.entries()) {
              const there = back[n]!;
              if (values === null) {
                expect({ ...there, ips: null, n: null }).toEqual(
                  Object.fromEntries(Object.keys(there).map((name) => [name, null])),
                );
                continue;
              }
              expect({
                ...there,
                f8: (there['f8'] as Buffer).toString('hex'),
                num: Number(there['num']),
                at: Number(there['at']),
                ip: canonical(there['ip'] as string),
                ips: (there['ips'] as string[]).map(canonical),
              }).toEqual({
                n,
                i2: values.i2,
                i4: values.i4,
                i8: String(values.i8),
                c8: String(values.c8),
                f4: values.f4,
                f8: float8Bytes(values.f8),
                // numeric knows no -0
                num: Number(values.num.toFixed(3)) + 0,
                flag: values.flag,
                txt: values.txt,
                id: values.id.toLowerCase(),
                ip: canonical(values.ip),
                bits: values.ip.includes(':') ? 128 : 32,
                at: values.at,
                day: new Date(values.day).toISOString().slice(0, 10),
                words: values.words,
                ips: values.ips.map(canonical),
                doc: JSON.parse(values.doc) as unknown,
              });
            }
          },
        ),
        { numRuns: 60 },
      );
    } finally {
      client.release();
    }
  });
});
