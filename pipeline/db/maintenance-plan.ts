/** What maintenance would do now; changes nothing. */
import type { Pool } from 'pg';
import type { Clock } from '../model/component.ts';
import { flavourOf, timeSeriesStorage } from './flavour.ts';
import { missingPolicies } from './licensed-policies.ts';
import { daysAhead, deletion, eachPartition, oldRows, type MaintenanceStep } from './maintenance-step.ts';
import { retentionPolicies, setRetention } from './retention.ts';
import { withClient } from './with-client.ts';

export interface PlanDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  /** Days that rows are to be kept, by table. */
  readonly retentionDays: Readonly<Record<string, number>>;
}

/** Needs the owner's rights, as doing it does. */
export async function plannedMaintenance({
  pool,
  clock,
  retentionDays,
}: PlanDeps): Promise<MaintenanceStep[]> {
  return withClient(pool, async (client) => {
    const flavour = await flavourOf(client);
    const storage = timeSeriesStorage(flavour);
    // The plan is that of the new settings, which are taken back before anybody has to wait for their rows.
    await client.query('BEGIN');
    const steps = await setRetention(client, retentionDays);
    const policies = await retentionPolicies(client);
    const jobs = flavour === 'timescaledb' ? await missingPolicies(client) : [];
    await client.query('ROLLBACK');

    const nowMs = clock();
    for (const policy of policies) {
      const { table, partitioned } = policy;
      const beforeMs = nowMs - policy.keepMs;
      if (partitioned) {
        steps.push(...eachPartition('make', table, await storage.missing(client, table, daysAhead(nowMs))));
        steps.push(...eachPartition('drop', table, await storage.before(client, table, beforeMs)));
      } else {
        const counted = `SELECT count(*)::int AS count ${oldRows(policy)}`;
        const { rows } = await client.query<{ count: number }>(counted, [beforeMs]);
        steps.push(...deletion(table, rows[0]!.count));
      }
    }
    return [...steps, ...jobs.map(({ what }) => ({ kind: 'policy', what }) as const)];
  });
}
