/** The queries of docs/baselines.md, over what a device's polls of three weeks became: stage, topic, sink, table. */
import { readFileSync } from 'node:fs';
import { afterEach, expect, it } from '@jest/globals';
import { mean } from 'simple-statistics';
import { deviceId } from '../../pipeline/model/entity.ts';
import { postgresService } from '../services/postgres.ts';
import { countOf, NOW, sinkLab, stored, type SinkLab } from '../sink/sink-lab.ts';
import { DetectHarness } from '../support/detect-harness.ts';
import { deviceRecord, siteRecord } from '../support/inventory-records.ts';
import { randomFrom } from '../support/random-from.ts';
import { normalFrom } from '../support/simulated-series.ts';
import { until } from '../support/until.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const STEP = 300_000;
const TICK = 5_000;
const ENTITY = 'default/device/zurich-core-1';
const ZONE = 'Europe/Zurich';
const SITE = 7;

const postgres = postgresService();
let lab: SinkLab | undefined;

afterEach(async () => {
  await lab?.stop();
  lab = undefined;
});

const page = readFileSync(new URL('../../docs/baselines.md', import.meta.url), 'utf8');
/** With the moment of the test for the present one. */
const queries = Array.from(page.matchAll(/```sql\n([^]*?)```/g), ([, sql]) =>
  sql!.replaceAll('now()', `to_timestamp(${NOW / 1000})`),
);

/** 100 M on working days, 20 M on Saturdays and Sundays by UTC. */
function value(atMs: number, random: () => number): number {
  const weekday = new Date(atMs).getUTCDay();
  return (weekday % 6 === 0 ? 2e7 : 1e8) * (1 + 0.05 * normalFrom(random));
}

it('answer what they promise', async () => {
  const harness = new DetectHarness({ baseline: { spreadMs: TICK } });
  const random = randomFrom(41);
  const working: number[] = [];
  for (let atMs = NOW - 28 * DAY; atMs <= NOW; atMs += STEP) {
    const [a, b] = [value(atMs, random), value(atMs, random)];
    if (new Date(atMs).getUTCDay() === 3) working.push(a + b);
    const rows = { 'Gi0/1': { rx_bps: a }, 'Gi0/2': { rx_bps: b } };
    harness.poll({ entity: ENTITY, atMs, appendedAtMs: NOW + 50, timeZone: ZONE, siteId: SITE, rows });
  }
  for (let k = 1; k <= 30; k += 1) harness.tick(NOW + k * TICK);

  const { pool } = await postgres.database();
  lab = await sinkLab(pool);
  await lab.sink().start();
  await lab.sendRecord(
    'control.site',
    'default/zrh',
    siteRecord({ site_id: SITE, slug: 'zrh', time_zone: ZONE }),
  );
  await lab.sendRecord(
    'inventory.device',
    ENTITY,
    deviceRecord('zurich-core-1', { hostname: 'zurich-core-1', site_id: SITE }),
  );
  for (const record of harness.baselines)
    await lab.sendRecord('insight.baseline', ENTITY, { ...record, device_id: deviceId(ENTITY) });
  const reading = lab.reading('zurich-core-1', NOW - 60_000, ['Gi0/1', 'Gi0/2']);
  reading.siteId = SITE;
  reading.quality.fill(0);
  reading.number('rx_bps').values.set([9e8, 8e7]);
  await lab.sendReading(reading);
  await until(
    async () => (await stored(pool, 'insight.baseline'))[0] === harness.baselines.length,
    'baselines',
  );
  await until(async () => (await countOf(pool, 'devices')) === 1, 'the device');
  await until(async () => (await countOf(pool, 'interface_metrics')) === 2, 'the reading');
  expect(await lab.deadLetters()).toEqual([]);
  expect(queries).toHaveLength(3);

  // A Saturday, 13:00 in Zurich.
  const [now, weekdays, outside] = await Promise.all(
    queries.map(async (sql) => (await pool.query<Record<string, unknown>>(sql)).rows),
  );
  expect(now!.map((row) => [row['interface_name'], row['of_this_weekday']])).toEqual([
    ['Gi0/1', true],
    ['Gi0/2', true],
  ]);
  for (const row of now!) expect((row['baseline_mean'] as number) / 2e7).toBeCloseTo(1, 1);

  expect(weekdays!.map((row) => row['day'])).toEqual(['any day', '0', '1', '2', '3', '4', '5', '6']);
  const byDay = new Map(weekdays!.map((row) => [row['day'], Number(row['mean_mbps'])]));
  expect(byDay.get('3')! / (mean(working) / 1e6)).toBeCloseTo(1, 1);
  expect(byDay.get('any day')!).toBeLessThan(byDay.get('3')!);

  // The hour of the day knows mostly working days: 9e8 is far above them, and 8e7 is within what a week is like.
  expect(outside!.map((row) => [row['interface_name'], row['rx_bps']])).toEqual([['Gi0/1', 9e8]]);
  expect(Number(outside![0]!['sigma'])).toBeGreaterThan(10);
}, 60_000);
