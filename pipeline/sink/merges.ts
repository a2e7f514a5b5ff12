/**
 * How staged rows of identities become rows of their tables: the newest per identity wins, and what leaves a unique
 * active set leaves it before others enter. Each list runs in order, in the transaction of the flush.
 *
 * `ordinal` is the row's place in the flush: of one key, a later record is the newer one.
 */

/** The staging table's columns, as the projection names them. */
export interface Merge {
  readonly table: string;
  readonly columns: readonly string[];
}

export function stagingTable(table: string): string {
  return `stage_${table}`;
}

/** What a baseline is of, as the unique index has it: only a site's own baseline is of its site. */
const CELL = [
  ...['device_id', 'interface_name', 'metric_name', 'hour_of_day', 'day_of_week', 'time_period'],
  ...['scope_type', 'domain', "(CASE WHEN scope_type = 'site' THEN site_id END)", 'device_role', 'path_id'],
];

/** One active row a cell: `calculated_at` is its revision. */
export function mergeBaselines({ table, columns }: Merge): string[] {
  return [
    `INSERT INTO ${table} AS t (${list(columns)})
     SELECT DISTINCT ON (${list(CELL)}) ${list(columns)} FROM ${stagingTable(table)}
      ORDER BY ${list(CELL)}, calculated_at DESC, ordinal DESC
     ON CONFLICT (${list(CELL)}) WHERE is_active DO UPDATE SET ${assignments(columns, CELL)}
      WHERE excluded.calculated_at > t.calculated_at`,
  ];
}

/** A name or address belongs to whichever device has it last: devices swap them, and others are never refused. */
export function mergeDevices({ table, columns }: Merge): string[] {
  const stage = stagingTable(table);
  const takenOver = (column: string) => [
    `UPDATE ${stage} a SET ${column} = NULL FROM ${stage} b
      WHERE a.domain = b.domain AND a.${column} = b.${column} AND a.ordinal < b.ordinal AND b.deleted_at IS NULL`,
    `UPDATE ${table} t SET ${column} = NULL FROM ${stage} s
      WHERE t.deleted_at IS NULL AND s.deleted_at IS NULL AND t.domain = s.domain
        AND t.${column} = s.${column} AND t.device_id <> s.device_id`,
  ];
  return [
    `DELETE FROM ${stage} a USING ${stage} b WHERE a.device_id = b.device_id AND a.ordinal < b.ordinal`,
    `UPDATE ${table} t SET deleted_at = s.deleted_at, updated_at = s.updated_at FROM ${stage} s
      WHERE s.deleted_at IS NOT NULL AND t.device_id = s.device_id AND t.deleted_at IS NULL`,
    `UPDATE metric_baselines t SET is_active = false FROM ${stage} s
      WHERE s.deleted_at IS NOT NULL AND t.device_id = s.device_id AND t.is_active`,
    ...takenOver('hostname'),
    ...takenOver('ip_address'),
    `INSERT INTO ${table} (${list(columns)}) SELECT ${list(columns)} FROM ${stage} WHERE deleted_at IS NULL
     ON CONFLICT (device_id) DO UPDATE SET ${assignments(columns, ['device_id', 'domain'])}`,
  ];
}

export function mergeSites({ table, columns }: Merge): string[] {
  const stage = stagingTable(table);
  return [
    `DELETE FROM ${stage} a USING ${stage} b
      WHERE a.domain = b.domain AND a.slug = b.slug AND a.ordinal < b.ordinal`,
    `DELETE FROM ${stage} a USING ${stage} b
      WHERE a.domain = b.domain AND a.site_id = b.site_id AND a.ordinal < b.ordinal`,
    // Gone, or another site has the slug now.
    `UPDATE ${table} t SET deleted_at = coalesce(s.deleted_at, s.updated_at), updated_at = s.updated_at
       FROM ${stage} s
      WHERE t.deleted_at IS NULL AND t.domain = s.domain AND t.slug = s.slug
        AND t.site_id IS DISTINCT FROM s.site_id`,
    `UPDATE metric_baselines b SET is_active = false
       FROM ${stage} s JOIN ${table} t ON t.domain = s.domain AND t.slug = s.slug
      WHERE s.deleted_at IS NOT NULL AND b.is_active AND b.scope_type = 'site'
        AND b.domain = t.domain AND b.site_id = t.site_id`,
    `INSERT INTO ${table} (${list(columns)}) SELECT ${list(columns)} FROM ${stage} WHERE deleted_at IS NULL
     ON CONFLICT (domain, site_id) DO UPDATE SET ${assignments(columns, ['domain', 'site_id'])}`,
  ];
}

/** One row a device and version of a detector: each record has the whole count, the highest revision holds. */
export function mergeEvaluations({ table, columns }: Merge): string[] {
  const key = ['device_id', 'model_name', 'model_version', 'domain'];
  return [
    `INSERT INTO ${table} AS t (${list(columns)})
     SELECT DISTINCT ON (${list(key)}) ${list(columns)} FROM ${stagingTable(table)}
      ORDER BY ${list(key)}, revision DESC
     ON CONFLICT (${list(key)}) WHERE scope_type = 'device' DO UPDATE SET ${assignments(columns, key)}
      WHERE excluded.revision > t.revision`,
  ];
}

export function list(columns: readonly string[]): string {
  return columns.join(', ');
}

export function assignments(columns: readonly string[], except: readonly string[]): string {
  return columns
    .filter((column) => !except.includes(column))
    .map((column) => `${column} = excluded.${column}`)
    .join(', ');
}
