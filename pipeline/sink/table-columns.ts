/** The columns of a table as the database has them: types decide how values are written. */
import type { ClientBase } from 'pg';
import { ConfigError } from '../model/errors.ts';

export interface TableColumn {
  readonly name: string;
  /** pg_type.typname: int8, float8, numeric, ... */
  readonly type: string;
  /** NOT NULL: a missing value is a bad row. */
  readonly required: boolean;
  /** Of numeric(p, s). */
  readonly precision: number | undefined;
  readonly scale: number | undefined;
}

const COLUMNS = `
  SELECT a.attname AS name, t.typname AS type, a.attnotnull AS required, a.atttypmod AS modifier
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
   WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped`;

/** By name. @throws ConfigError when there is no such table. */
export async function tableColumns(
  client: Pick<ClientBase, 'query'>,
  table: string,
): Promise<Map<string, TableColumn>> {
  const { rows } = await client.query<{ name: string; type: string; required: boolean; modifier: number }>(
    COLUMNS,
    [table],
  );
  if (rows.length === 0) throw new ConfigError(`the database has no table ${table}: run "netsigma migrate"`);
  return new Map(
    rows.map(({ name, type, required, modifier }) => {
      // numeric's modifier: 4 + (precision << 16 | scale); -1 = none given
      const given = type === 'numeric' && modifier >= 4;
      const precision = given ? (modifier - 4) >> 16 : undefined;
      const scale = given ? (modifier - 4) & 0x7ff : undefined;
      return [name, { name, type, required, precision, scale }];
    }),
  );
}
