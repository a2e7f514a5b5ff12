/** What people say of anomalies, in the tables: whichever comes first, whatever is withdrawn, whoever writes it. */
import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Pool, PoolClient } from 'pg';
import { mergeAnomalies, mergeVerdicts } from '../../pipeline/sink/anomaly-merges.ts';
import { stagingTable } from '../../pipeline/sink/merges.ts';
import { ruleKey, verdictRuleId, VERDICTS, type RuleRecord } from '../../topics/rules.ts';
import { postgresService } from '../services/postgres.ts';
import { anomalyRecord, countOf, NOW, sinkLab, stored, type SinkLab } from '../sink/sink-lab.ts';
import { maintenance, threshold, verdict } from '../support/rule.ts';
import { until } from '../support/until.ts';

const postgres = postgresService();
let lab: SinkLab | undefined;

afterEach(async () => {
  await lab?.stop();
  lab = undefined;
});

const ID = '5d9c1f0e-6b3a-5c47-9e21-7f0d8a4b6c13';
const FALSE = verdict(ID, 'false_positive', { reason: 'backup', created_by: 'ada', created_at: NOW });
const REAL = verdict(ID, 'confirmed', { created_by: 'bob', created_at: NOW + 1 });
const NOTHING_SAID = {
  verdict: null,
  acknowledged_at: null,
  acknowledged_by: null,
  resolution_notes: null,
  is_false_positive: false,
};
const FALSE_SAID = {
  verdict: 'false_positive',
  acknowledged_at: new Date(NOW),
  acknowledged_by: 'ada',
  resolution_notes: 'backup',
  is_false_positive: true,
};
const REAL_SAID = {
  ...NOTHING_SAID,
  verdict: 'confirmed',
  acknowledged_at: new Date(NOW + 1),
  acknowledged_by: 'bob',
};

const say = (to: SinkLab, rule: RuleRecord) => to.sendRecord('control.rule', ruleKey(rule), rule, 0);

async function started(): Promise<{ pool: Pool; on: SinkLab }> {
  const { pool } = await postgres.database();
  lab = await sinkLab(pool);
  await lab.sink().start();
  return { pool, on: lab };
}

/** When everything that was sent to partition 0 of both topics is in the tables. */
async function untilStored(pool: Pool, rules: number, anomalies: number): Promise<void> {
  await until(async () => {
    const [said, found] = [await stored(pool, 'control.rule'), await stored(pool, 'insight.anomaly')];
    return (said[0] ?? 0) === rules && (found[0] ?? 0) === anomalies;
  }, `${rules} rules and ${anomalies} anomalies stored`);
}

async function said(pool: Pool, id = ID): Promise<object | undefined> {
  const { rows } = await pool.query<object>(
    `SELECT verdict, acknowledged_at, acknowledged_by, resolution_notes, is_false_positive
       FROM anomaly_events WHERE anomaly_id = $1`,
    [id],
  );
  return rows[0];
}

describe('a verdict', () => {
  it('gives the row of its anomaly the columns that people own, and later revisions leave them', async () => {
    const { pool, on } = await started();
    await on.sendRecord('insight.anomaly', 'r1', anomalyRecord({ anomaly_id: ID }));
    await untilStored(pool, 0, 1);
    expect(await said(pool)).toEqual(NOTHING_SAID);
    await say(on, FALSE);
    await untilStored(pool, 1, 1);
    expect(await said(pool)).toEqual(FALSE_SAID);
    const closed = anomalyRecord({ anomaly_id: ID, revision: 2, state: 'closed', closed_at: NOW });
    await on.sendRecord('insight.anomaly', 'r1', closed);
    await untilStored(pool, 1, 2);
    expect(await said(pool)).toEqual(FALSE_SAID);
    expect(await countOf(pool, "anomaly_events WHERE state = 'closed'")).toBe(1);
  });

  it('that comes before its anomaly waits for it', async () => {
    const { pool, on } = await started();
    await say(on, FALSE);
    await untilStored(pool, 1, 0);
    expect(await said(pool)).toBeUndefined();
    await on.sendRecord('insight.anomaly', 'r1', anomalyRecord({ anomaly_id: ID }));
    await untilStored(pool, 1, 1);
    expect(await said(pool)).toEqual(FALSE_SAID);
  });

  it('replaces the one before, and is withdrawn by its tombstone, also one that waits', async () => {
    const { pool, on } = await started();
    await on.sendRecord('insight.anomaly', 'r1', anomalyRecord({ anomaly_id: ID }));
    await say(on, FALSE);
    await say(on, REAL);
    await untilStored(pool, 2, 1);
    expect(await said(pool)).toEqual(REAL_SAID);
    await on.send('control.rule', ruleKey(REAL), null, 0);
    await untilStored(pool, 3, 1);
    expect(await said(pool)).toEqual(NOTHING_SAID);
    expect(await countOf(pool, 'anomaly_verdicts WHERE withdrawn_at IS NOT NULL')).toBe(1);

    const other = verdict('00000000-0000-5000-8000-000000000001', 'confirmed');
    await say(on, other);
    await on.send('control.rule', ruleKey(other), null, 0);
    await untilStored(pool, 5, 1);
    await on.sendRecord('insight.anomaly', 'r1', anomalyRecord({ anomaly_id: other.anomaly_id! }));
    await untilStored(pool, 5, 2);
    expect(await said(pool, other.anomaly_id!)).toEqual(NOTHING_SAID);
  });

  it('is read from partition 0 alone, and reaches no other domain', async () => {
    const { pool, on } = await started();
    await on.sendRecord('insight.anomaly', 'r1', anomalyRecord({ anomaly_id: ID }));
    await on.sendRecord('control.rule', ruleKey(FALSE), FALSE, 1);
    await say(on, { ...FALSE, domain: 'lab', entity: 'lab/device/r1' });
    await untilStored(pool, 1, 1);
    await until(async () => (await stored(pool, 'control.rule'))[1] === 1, 'partition 1 passed');
    expect(await said(pool)).toEqual(NOTHING_SAID);
  });

  it('that is nonsense counts as withdrawn; other rules and their tombstones are no rows', async () => {
    const { pool, on } = await started();
    await on.sendRecord('insight.anomaly', 'r1', anomalyRecord({ anomaly_id: ID }));
    await say(on, FALSE);
    const quiet = threshold({ suppressed: true });
    await say(on, quiet);
    await say(on, maintenance(1, 2, { rule_id: 'work' }));
    await on.send('control.rule', ruleKey(quiet), null, 0);
    await untilStored(pool, 4, 1);
    expect(await said(pool)).toEqual(FALSE_SAID);
    await say(on, { ...FALSE, verdict: null, entity: null });
    await untilStored(pool, 5, 1);
    expect(await said(pool)).toEqual(NOTHING_SAID);
    expect(await countOf(pool, 'anomaly_verdicts')).toBe(1);
    expect(await on.deadLetters()).toEqual([]);
  });
});

describe('two sinks at the same time', () => {
  /** A transaction of a sink with one staged row, up to its COMMIT. */
  async function merging(client: PoolClient, table: string, columns: Record<string, unknown>, sql: string[]) {
    const names = Object.keys(columns);
    await client.query(
      `CREATE TEMP TABLE ${stagingTable(table)} AS SELECT ${names.join(', ')}, 0::bigint AS ordinal FROM ${table} WITH NO DATA`,
    );
    await client.query('BEGIN');
    const values = names.map((_, at) => `$${at + 1}`).join(', ');
    await client.query(`INSERT INTO ${stagingTable(table)} VALUES (${values}, 0)`, Object.values(columns));
    for (const statement of sql) await client.query(statement);
  }
  const record = Object.entries(anomalyRecord({ anomaly_id: ID }));
  const anomaly = Object.fromEntries(record.filter(([field]) => field !== 'entity'));
  const times = { opened_at: new Date(NOW), updated_at: new Date(NOW) };
  const found = (client: PoolClient) => {
    const columns = { ...anomaly, ...times };
    const sql = mergeAnomalies({ table: 'anomaly_events', columns: Object.keys(columns) });
    return merging(client, 'anomaly_events', columns, sql);
  };
  const judged = (client: PoolClient) => {
    const columns = {
      ...{ domain: 'default', anomaly_id: ID, entity: 'default/device/r1', verdict: 'false_positive' },
      ...{ decided_at: new Date(NOW), decided_by: 'ada', note: 'backup', withdrawn_at: null },
    };
    const sql = mergeVerdicts({ table: 'anomaly_verdicts', columns: Object.keys(columns) });
    return merging(client, 'anomaly_verdicts', columns, sql);
  };

  it.each([
    ['the verdict', judged, found],
    ['the anomaly', found, judged],
  ])('lose no verdict when the one with %s commits last', async (_what, first, second) => {
    const { pool } = await postgres.database();
    const [one, other] = [await pool.connect(), await pool.connect()];
    try {
      await first(one);
      const waiting = second(other);
      await until(
        async () => (await countOf(pool, "pg_locks WHERE locktype = 'advisory' AND NOT granted")) === 1,
        'the second one waits for the first',
      );
      await one.query('COMMIT');
      await waiting;
      await other.query('COMMIT');
    } finally {
      one.release(true);
      other.release(true);
    }
    expect(await said(pool)).toEqual(FALSE_SAID);
  });
});

describe('whatever the order, and wherever a sink stops', () => {
  const ids = [1, 2, 3].map((n) => `00000000-0000-5000-8000-00000000000${n}`);
  const step = fc.oneof(
    fc.record({ kind: fc.constant('anomaly' as const), id: fc.constantFrom(...ids) }),
    fc.record({
      kind: fc.constant('verdict' as const),
      id: fc.constantFrom(...ids),
      says: fc.constantFrom(...VERDICTS, null),
    }),
    fc.record({ kind: fc.constant('restart' as const) }),
  );

  it('people find what was said last, on every anomaly that there is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 24 }), async (steps) => {
        const { pool } = await postgres.database();
        const on = await sinkLab(pool);
        let sink = on.sink();
        const last = new Map<string, string | null>();
        const revisions = new Map<string, number>();
        const sent = { rules: 0, anomalies: 0 };
        try {
          await sink.start();
          for (const one of steps) {
            if (one.kind === 'restart') {
              await sink.stop();
              sink = on.sink();
              await sink.start();
            } else if (one.kind === 'anomaly') {
              const revision = (revisions.get(one.id) ?? 0) + 1;
              revisions.set(one.id, revision);
              await on.sendRecord('insight.anomaly', 'r1', anomalyRecord({ anomaly_id: one.id, revision }));
              sent.anomalies += 1;
            } else {
              last.set(one.id, one.says);
              if (one.says === null)
                await on.send('control.rule', `default/${verdictRuleId(one.id)}`, null, 0);
              else await say(on, verdict(one.id, one.says));
              sent.rules += 1;
            }
          }
          await untilStored(pool, sent.rules, sent.anomalies);
          const { rows } = await pool.query<{ id: string; verdict: string | null; revision: number }>(
            'SELECT anomaly_id AS id, verdict, revision FROM anomaly_events ORDER BY 1',
          );
          expect(rows).toEqual(
            [...revisions]
              .toSorted(([a], [b]) => (a < b ? -1 : 1))
              .map(([id, revision]) => ({ id, verdict: last.get(id) ?? null, revision })),
          );
        } finally {
          await on.stop();
        }
      }),
      { numRuns: 12 },
    );
  }, 120_000);
});
