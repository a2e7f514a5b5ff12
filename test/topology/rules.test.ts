import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { maintenance, threshold } from '../support/rule.ts';
import {
  END,
  ENTITY,
  MINUTE,
  SPIKE_SETTINGS as settings,
  spikeStory,
  START,
} from '../support/spike-story.ts';
import { topologyDriver, type TopologyDriver } from '../support/topology-driver.ts';
import { ruleKey, type RuleRecord } from '../../topics/rules.ts';

async function driven(...rules: RuleRecord[]): Promise<TopologyDriver> {
  const driver = await topologyDriver({ settings });
  for (const rule of rules) await tell(driver, rule);
  await spikeStory(driver);
  return driver;
}

async function tell(driver: TopologyDriver, rule: RuleRecord, key = ruleKey(rule)): Promise<void> {
  const value = driver.codec.recordEncoder('control.rule').encode(rule);
  await driver.pipe('control.rule', key, value, START);
}

const anomalies = async (driver: TopologyDriver) =>
  (await driver.take('insight.anomaly')).map(({ metric_name, state, severity }) => [
    metric_name,
    state,
    severity,
  ]);

const bytesOf = (driver: TopologyDriver, topic: string) =>
  driver.sent.filter((record) => record.topic === topic).map(({ value }) => value.toString('base64'));

const WORK = maintenance(START + 190 * MINUTE, START + END * MINUTE, { entity: ENTITY, rule_id: 'work' });
const QUIET = threshold({ metric_name: 'rx_bps', suppressed: true, rule_id: 'quiet' });

describe('rules in the entity sub-topology', () => {
  it('are obeyed: a suppressed metric and a device in maintenance have no anomalies', async () => {
    expect(await anomalies(await driven())).toContainEqual(['rx_bps', 'updated', 'critical']);
    expect((await anomalies(await driven(QUIET))).filter(([metric]) => metric === 'rx_bps')).toEqual([]);
    expect(await anomalies(await driven(WORK))).toEqual([]);
    const mild = threshold({ metric_name: 'rx_bps', crit_sigma: 1e6 });
    expect(await anomalies(await driven(mild))).toContainEqual(['rx_bps', 'opened', 'info']);
  });

  it('change only insight: rates are the same bytes, and no deviation is judged in maintenance', async () => {
    const [plain, ruled] = [await driven(), await driven(WORK, QUIET)];
    expect(bytesOf(ruled, 'metric.interface')).toEqual(bytesOf(plain, 'metric.interface'));
    const deviations = await ruled.take('insight.deviation');
    expect(deviations.length).toBeGreaterThan(100);
    expect(Math.max(...deviations.map(({ observed_at: atMs }) => atMs))).toBeLessThan(WORK.starts_at!);
    expect(ruled.outcomes.get('suspend.in_maintenance')).toBe(END - 190);
  });

  it('whatever they say, change no rate', async () => {
    const plain = bytesOf(await driven(), 'metric.interface');
    const minute = fc.integer({ min: START - MINUTE, max: START + END * MINUTE });
    const some = fc.array(
      fc.record({
        rule_id: fc.constantFrom('a', 'b', 'c'),
        kind: fc.constantFrom('threshold' as const, 'maintenance' as const, 'unknown' as const),
        entity: fc.constantFrom(null, ENTITY, 'default/device/another'),
        interface_name: fc.constantFrom(null, 'Gi1/0/1', 'Gi1/0/2'),
        metric_name: fc.constantFrom(null, 'rx_bps'),
        warn_sigma: fc.option(fc.double()),
        min_deviation: fc.option(fc.double()),
        suppressed: fc.option(fc.boolean()),
        starts_at: fc.option(minute),
        ends_at: fc.option(minute),
      }),
      { maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(some, async (rules) => {
        const driver = await driven(...rules.map((fields) => threshold(fields)));
        expect(bytesOf(driver, 'metric.interface')).toEqual(plain);
      }),
      { numRuns: 8 },
    );
  });

  it('that are nonsense change nothing, and are counted', async () => {
    const plain = await driven();
    expect(bytesOf(plain, 'insight.anomaly')).not.toEqual([]);
    const nonsense = [
      { ...WORK, ends_at: WORK.starts_at },
      threshold({ rule_id: 'a', warn_sigma: -1 }),
      threshold({ rule_id: 'b', warn_sigma: 5, crit_sigma: 2 }),
      threshold({ rule_id: 'c', kind: 'unknown' }),
      threshold({ rule_id: 'd', entity: 'no-key', suppressed: true }),
    ];
    const driver = await driven(...nonsense);
    expect(driver.sent).toEqual(plain.sent);
    expect(driver.refused).toEqual([]);
    expect(driver.outcomes.get('suspend.rule_ignored')).toBe(nonsense.length);
  });

  it('that cannot be decoded are dead letters, and a tombstone of nothing is nothing', async () => {
    const driver = await topologyDriver({ settings });
    await driver.pipe('control.rule', 'default/a', Buffer.from('hello'), START);
    await driver.pipe('control.rule', 'default/b', null, START);
    expect(driver.refused.map(({ reason }) => reason)).toEqual(['not_framed']);
  });

  it('are gone with their tombstone', async () => {
    const driver = await topologyDriver({ settings });
    for (const rule of [WORK, QUIET]) {
      await tell(driver, rule);
      await driver.pipe('control.rule', ruleKey(rule), null, START);
    }
    await spikeStory(driver);
    expect(driver.sent).toEqual((await driven()).sent);
  });
});
