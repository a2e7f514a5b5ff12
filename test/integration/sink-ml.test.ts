/** What models read and what is said of them, in the tables. */
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { deviceId } from '../../pipeline/model/entity.ts';
import type { EvaluationRecord, FeatureRecord } from '../../topics/ml.ts';
import { ruleKey } from '../../topics/rules.ts';
import { postgresService } from '../services/postgres.ts';
import { anomalyRecord, countOf, NOW, sinkLab, stored, type SinkLab } from '../sink/sink-lab.ts';
import { verdict } from '../support/rule.ts';
import { until } from '../support/until.ts';

const postgres = postgresService();
let lab: SinkLab | undefined;

afterEach(async () => {
  await lab?.stop();
  lab = undefined;
});

async function started(): Promise<{ pool: Pool; on: SinkLab }> {
  const { pool } = await postgres.database();
  lab = await sinkLab(pool);
  await lab.sink().start();
  return { pool, on: lab };
}

const untilStored = (pool: Pool, topic: string, records: number) =>
  until(async () => (await stored(pool, topic))[0] === records, `${records} records of ${topic}`);

const HOUR = 3_600_000;
const START = NOW - 2 * HOUR;
const ID = '5d9c1f0e-6b3a-5c47-9e21-7f0d8a4b6c13';
const ENTITY = 'default/device/r1';
const PLACE = {
  domain: 'default',
  entity: ENTITY,
  device_ip: '10.0.0.1',
  device_id: deviceId(ENTITY),
  netbox_device_id: null,
  site_id: 3,
};

const ABOUT = {
  anomaly_id: ID,
  interface_name: 'Gi1',
  metric_name: 'rx_bps',
  detector: 'deviation',
  detector_version: '1',
  anomaly_type: 'spike',
  severity: 'warning',
  opened_at: START + 5,
  closed_at: null,
  verdict: null,
  decided_by: null,
  decided_at: null,
} as const;

const METRIC = {
  metric_name: 'rx_bps',
  count: 60,
  mean: 0.1,
  stddev: null,
  min: 0,
  max: Infinity,
  last: 123_456_789,
  slope: -1.5,
  repeats: 0,
  judged: 0,
  expected: null,
  mean_abs_sigma: null,
  max_abs_sigma: null,
  max_score: null,
  beyond_warn: null,
  crossings: null,
};
const POLLS = { polls: 61, good_polls: 60, gap_polls: 1, down_polls: 0, maintenance_polls: 0 };

const window: FeatureRecord = {
  snapshot_type: 'features',
  feature_version: '1',
  ...PLACE,
  device_role: 'edge',
  window_start: START,
  window_end: START + HOUR,
  hour_of_week: 154,
  rows: [
    { interface_name: 'Gi1', ...POLLS, metrics: [METRIC] },
    { interface_name: 'Gi2', ...POLLS, metrics: [] },
  ],
  anomalies: [ABOUT],
};

const label: FeatureRecord = {
  ...window,
  snapshot_type: 'labels',
  hour_of_week: null,
  rows: [],
  anomalies: [{ ...ABOUT, verdict: 'confirmed', decided_by: 'ada', decided_at: NOW }],
};

describe('ml_training_snapshots', () => {
  it('has a row for each interface of a window: what is known, with what a float32 holds', async () => {
    const { pool, on } = await started();
    await on.sendRecord('ml.feature', ENTITY, window);
    await untilStored(pool, 'ml.feature', 1);
    const { rows } = await pool.query<Record<string, unknown>>(
      'SELECT * FROM ml_training_snapshots ORDER BY interface_name',
    );
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatchObject({
      domain: 'default',
      model_name: 'anomaly_detector',
      snapshot_type: 'features',
      feature_version: '1',
      scope_type: 'interface',
      device_id: deviceId(ENTITY),
      site_id: 3,
      interface_name: 'Gi1',
      label: null,
      data_start_time: new Date(START),
      data_end_time: new Date(START + HOUR),
    });
    expect(rows[0]!['feature_vector']).toEqual({
      hour_of_week: 154,
      device_role: 'edge',
      ...POLLS,
      metrics: {
        rx_bps: { count: 60, mean: 0.1, min: 0, last: 123_456_792, slope: -1.5, repeats: 0, judged: 0 },
      },
      anomalies: [
        {
          anomaly_id: ID,
          metric_name: 'rx_bps',
          detector: 'deviation',
          detector_version: '1',
          anomaly_type: 'spike',
          severity: 'warning',
        },
      ],
    });
    expect(rows[1]!['feature_vector']).toMatchObject({ metrics: {}, anomalies: [] });
  });

  it('has a row for each label', async () => {
    const { pool, on } = await started();
    await on.sendRecord('ml.feature', ENTITY, label);
    const device = { ...label, anomalies: [{ ...label.anomalies[0]!, interface_name: null, verdict: null }] };
    await on.sendRecord('ml.feature', ENTITY, device);
    await untilStored(pool, 'ml.feature', 2);
    const { rows } = await pool.query<Record<string, unknown>>(
      'SELECT * FROM ml_training_snapshots ORDER BY id',
    );
    expect(rows).toMatchObject([
      {
        snapshot_type: 'labels',
        scope_type: 'interface',
        interface_name: 'Gi1',
        feature_vector: null,
        label: {
          anomaly_id: ID,
          verdict: 'confirmed',
          decided_by: 'ada',
          decided_at: new Date(NOW).toISOString(),
          opened_at: new Date(START + 5).toISOString(),
          closed_at: null,
        },
      },
      { scope_type: 'device', interface_name: null, label: { verdict: null } },
    ]);
  });

  it('is shown beside what people say now by ml_labelled_windows', async () => {
    const { pool, on } = await started();
    const labelled = async () => {
      const { rows } = await pool.query<Record<string, unknown>>(
        'SELECT interface_name, anomaly_id, severity, verdict FROM ml_labelled_windows ORDER BY interface_name',
      );
      return rows.map((row) => Object.values(row));
    };
    await on.sendRecord('ml.feature', ENTITY, window);
    await on.sendRecord('insight.anomaly', ENTITY, anomalyRecord({ anomaly_id: ID, severity: 'critical' }));
    await untilStored(pool, 'ml.feature', 1);
    await untilStored(pool, 'insight.anomaly', 1);
    const nothing = ['Gi2', null, null, null];
    expect(await labelled()).toEqual([['Gi1', ID, 'critical', null], nothing]);
    const rule = verdict(ID, 'false_positive');
    await on.sendRecord('control.rule', ruleKey(rule), rule);
    await untilStored(pool, 'control.rule', 1);
    expect(await labelled()).toEqual([['Gi1', ID, 'critical', 'false_positive'], nothing]);
  });

  it('refuses windows that are older than what it keeps, and the rest is stored', async () => {
    const { pool, on } = await started();
    await on.sendRecord('ml.feature', ENTITY, { ...window, window_start: NOW - 400 * 24 * HOUR });
    await on.sendRecord('ml.feature', ENTITY, window);
    await untilStored(pool, 'ml.feature', 2);
    expect(await countOf(pool, 'ml_training_snapshots')).toBe(2);
    expect((await on.deadLetters()).map(({ reason }) => reason)).toEqual([
      'out_of_retention',
      'out_of_retention',
    ]);
  });
});

describe('ml_model_metrics', () => {
  const evaluation = (revision: number, changes: Partial<EvaluationRecord> = {}): EvaluationRecord => ({
    ...PLACE,
    model_name: 'deviation',
    model_version: '1',
    revision,
    predictions_made: revision,
    true_positives: 0,
    acknowledged: 0,
    false_positives: 0,
    precision_score: null,
    evaluated_at: NOW + revision,
    ...changes,
  });

  it('has a row for each version of a detector and device, the highest revision; ml_model_precision sums', async () => {
    const { pool, on } = await started();
    const judged = { true_positives: 2, acknowledged: 1, false_positives: 1, precision_score: 2 / 3 };
    await on.sendRecord('ml.evaluation', ENTITY, evaluation(2));
    await on.sendRecord('ml.evaluation', ENTITY, evaluation(4, judged));
    await on.sendRecord('ml.evaluation', ENTITY, evaluation(3));
    await untilStored(pool, 'ml.evaluation', 3);
    const other = { entity: 'default/device/r2', device_id: deviceId('default/device/r2') };
    await on.sendRecord('ml.evaluation', other.entity, evaluation(6, { ...other, false_positives: 1 }));
    await on.sendRecord('ml.evaluation', ENTITY, evaluation(1, { model_version: '2' }));
    await untilStored(pool, 'ml.evaluation', 5);
    // A model of somebody else's is nobody's sum.
    await pool.query(
      "INSERT INTO ml_model_metrics (domain, model_name, model_version, recall_score) VALUES ('default', 'deviation', '1', 0.5)",
    );
    const { rows } = await pool.query(
      `SELECT revision, accuracy, precision_score, recall_score, f1_score, false_positive_rate, predictions_made,
              true_positives, acknowledged, false_positives
         FROM ml_model_metrics WHERE device_id = $1 AND model_version = '1'`,
      [deviceId(ENTITY)],
    );
    const unknown = { accuracy: null, recall_score: null, f1_score: null, false_positive_rate: null };
    expect(rows).toEqual([
      { revision: 4, predictions_made: 4, ...judged, precision_score: '0.6667', ...unknown },
    ]);
    const sums = await pool.query(
      `SELECT model_version AS version, predictions_made::int AS made, true_positives::int AS right,
              false_positives::int AS wrong, precision_score AS precision
         FROM ml_model_precision ORDER BY 1`,
    );
    expect(sums.rows).toEqual([
      { version: '1', made: 10, right: 2, wrong: 2, precision: '0.5000' },
      { version: '2', made: 1, right: 0, wrong: 0, precision: null },
    ]);
  });
});
