/**
 * What only the Timescale licence has: columnstore and jobs inside the server that compress and drop chunks, also
 * while netsigma is down. They follow `retention_policy`. In the words of TimescaleDB 2.13, which later versions keep.
 */
import type { ClientBase } from 'pg';

interface PolicyState {
  readonly table: string;
  readonly timeColumn: string;
  readonly series: readonly string[];
  readonly keep: string;
  readonly compressAfter: string | null;
  readonly compressed: boolean;
  readonly retentionFits: boolean;
  readonly compressionFits: boolean;
}

// The jobs run as the owner, who must be allowed to log in (28000): where that is refused, `maintain` drops chunks alone.
const STATE = `
  SELECT p.table_name AS "table", p.time_column AS "timeColumn", p.series, p.keep::text,
         p.compress_after::text AS "compressAfter", h.compression_enabled AS compressed,
         coalesce((drop_job.config ->> 'drop_after')::interval = p.keep, false) AS "retentionFits",
         (compress_job.config ->> 'compress_after')::interval IS NOT DISTINCT FROM p.compress_after
           AS "compressionFits"
    FROM retention_policy p
    JOIN timescaledb_information.hypertables h
      ON h.hypertable_schema = 'public' AND h.hypertable_name = p.table_name
    JOIN pg_roles r ON r.rolname = h.owner AND r.rolcanlogin
    LEFT JOIN timescaledb_information.jobs drop_job
      ON drop_job.hypertable_schema = 'public' AND drop_job.hypertable_name = p.table_name
     AND drop_job.proc_name = 'policy_retention'
    LEFT JOIN timescaledb_information.jobs compress_job
      ON compress_job.hypertable_schema = 'public' AND compress_job.hypertable_name = p.table_name
     AND compress_job.proc_name = 'policy_compression'
   WHERE p.partitioned
   ORDER BY 1`;

/** Statements that make columnstore and policies what `retention_policy` says; empty = they are. */
export async function missingPolicies(
  client: Pick<ClientBase, 'query'>,
): Promise<{ what: string; sql: string }[]> {
  const { rows } = await client.query<PolicyState>(STATE);
  return rows.flatMap((state) => {
    const { table, keep, compressAfter, compressed, retentionFits, compressionFits } = state;
    const steps: { what: string; sql: string }[] = [];
    if (compressAfter !== null && !compressed)
      steps.push({ what: `columnstore of ${table}`, sql: columnstore(state) });
    if (!compressionFits) {
      const remove = `SELECT remove_compression_policy('${table}', if_exists => true)`;
      steps.push(
        compressAfter === null
          ? { what: `do not compress ${table}`, sql: remove }
          : {
              what: `compress ${table} after ${compressAfter}`,
              sql: `${remove}; SELECT add_compression_policy('${table}', INTERVAL '${compressAfter}')`,
            },
      );
    }
    if (!retentionFits) {
      steps.push({
        what: `keep ${table} for ${keep}`,
        sql:
          `SELECT remove_retention_policy('${table}', if_exists => true); ` +
          `SELECT add_retention_policy('${table}', INTERVAL '${keep}')`,
      });
    }
    return steps;
  });
}

/** Not segmented: ordered by series it compresses as well (3x), and small series do not fill segments of their own. */
function columnstore({ table, series, timeColumn }: PolicyState): string {
  const order = [...series, timeColumn].map((column) => `"${column}"`).join(', ');
  return (
    `ALTER TABLE "${table}" SET (timescaledb.compress, timescaledb.compress_segmentby = '', ` +
    `timescaledb.compress_orderby = '${order}')`
  );
}
