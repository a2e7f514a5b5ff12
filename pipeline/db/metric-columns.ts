/** The SQL columns of a reading topic's metrics, out of the catalogue, and those that a table still lacks. */
import type { ClientBase } from 'pg';
import { rowFields, type Catalogue, type TopicName } from '../../topics/catalogue.ts';
import type { FieldRow } from '../../topics/row.ts';

/** Tables of reading topics: where metrics of the catalogue become columns. */
export const METRIC_TABLES: Partial<Record<TopicName, string>> = {
  'metric.interface': 'interface_metrics',
};

export interface Column {
  readonly name: string;
  readonly type: string;
}

/** The field's column, or undefined for a field that is not stored. @throws TypeError for arrays without `sqlType`. */
export function sqlColumn(field: FieldRow): Column | undefined {
  if (field.sql === false) return undefined;
  return { name: field.sql ?? field.name, type: field.sqlType ?? usualType(field) };
}

function usualType({ name, type }: FieldRow): string {
  if (typeof type === 'object') {
    if ('enum' in type) return 'text';
    if (type.array === 'string') return 'text[]';
    throw new TypeError(`field ${name} is a list of records and has no column: say sql: false`);
  }
  switch (type) {
    case 'boolean':
      return 'boolean';
    case 'int':
      return 'integer';
    case 'long':
      return 'bigint';
    case 'float':
      return 'real';
    case 'double':
      return 'double precision';
    case 'string':
      return 'text';
    case 'bytes':
      return 'bytea';
    case 'uuid':
      return 'uuid';
    case 'timestamp':
      return 'timestamptz';
  }
}

/** Statements that add the nullable columns which the catalogue has and the tables lack. */
export async function missingColumns(
  client: Pick<ClientBase, 'query'>,
  catalogue: Catalogue,
): Promise<{ what: string; sql: string }[]> {
  const missing: { what: string; sql: string }[] = [];
  for (const [topic, table] of Object.entries(METRIC_TABLES) as [TopicName, string][]) {
    const { rows } = await client.query<{ name: string }>(
      'SELECT attname AS name FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped',
      [table],
    );
    if (rows.length === 0) continue; // made by a migration that has yet to run
    const there = new Set(rows.map(({ name }) => name));
    for (const column of rowFields(catalogue[topic]).map(sqlColumn)) {
      if (column === undefined || there.has(column.name)) continue;
      missing.push({
        what: `add column ${table}.${column.name} ${column.type}`,
        sql: `ALTER TABLE "${table}" ADD COLUMN "${column.name}" ${column.type}`,
      });
    }
  }
  return missing;
}
