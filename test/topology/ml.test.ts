/** What models learn from, out of the whole entity sub-topology. */
import { describe, expect, it } from '@jest/globals';
import { verdict } from '../support/rule.ts';
import { ENTITY, MINUTE, SPIKE, SPIKE_SETTINGS, spikeStory, START } from '../support/spike-story.ts';
import { topologyDriver, type TopologyDriver } from '../support/topology-driver.ts';
import { ruleKey, type Verdict } from '../../topics/rules.ts';

const HOUR = 3_600_000;
const SPIKE_HOUR = Math.floor((START + SPIKE * MINUTE) / HOUR) * HOUR;
const LATER = START + 300 * MINUTE;

async function told(settings = SPIKE_SETTINGS): Promise<TopologyDriver> {
  const driver = await topologyDriver({ settings });
  await spikeStory(driver);
  return driver;
}

async function say(driver: TopologyDriver, id: string, what: Verdict): Promise<void> {
  const rule = verdict(id, what, { entity: ENTITY, created_at: LATER, created_by: 'ada' });
  await driver.pipe(
    'control.rule',
    ruleKey(rule),
    driver.codec.recordEncoder('control.rule').encode(rule),
    LATER,
  );
}

/** Closes the window of the spike: nobody has heard of the device for an hour. */
function silence(driver: TopologyDriver): void {
  for (let tick = START + 240 * MINUTE; tick < LATER; tick += 5_000) driver.tick(tick);
}

describe('features of the sub-topology', () => {
  it('are of full hours, and those of the spike say so', async () => {
    const driver = await told();
    silence(driver);
    const windows = (await driver.take('ml.feature')).toSorted((a, b) => a.window_start - b.window_start);
    expect(windows.map((one) => [one.window_start % HOUR, one.window_end - one.window_start])).toEqual(
      windows.map(() => [0, HOUR]),
    );
    const spiky = windows.find((one) => one.window_start === SPIKE_HOUR)!;
    const quiet = windows.find((one) => one.window_start === SPIKE_HOUR - HOUR)!;
    const [rx, before] = [spiky, quiet].map(({ rows }) =>
      rows[0]!.metrics.find(({ metric_name: name }) => name === 'rx_bps')!,
    );
    expect(rx!.max_abs_sigma!).toBeGreaterThan(10);
    expect(rx!.beyond_warn!).toBeGreaterThan(0.2);
    expect(rx!.max / before!.max).toBeGreaterThan(20);
    expect(before!.max_abs_sigma!).toBeLessThan(10);
    expect(before).toMatchObject({ count: 60, judged: 60 });
    expect(spiky.anomalies.map((one) => [one.metric_name, one.anomaly_type])).toContainEqual([
      'rx_bps',
      'spike',
    ]);
    expect(quiet.anomalies).toEqual([]);
  });

  it('get a label by their anomaly, and the detector its count, when somebody says what it was', async () => {
    const driver = await told();
    silence(driver);
    const found = (await driver.take('insight.anomaly')).filter(({ state }) => state === 'opened');
    const anomaly = found.find(({ metric_name: name }) => name === 'rx_bps')!;
    const made = found.filter(({ detector }) => detector === 'deviation').length;
    await driver.take('ml.feature');
    await driver.take('ml.evaluation');
    await say(driver, anomaly.anomaly_id, 'false_positive');
    expect(await driver.take('ml.feature')).toMatchObject([
      {
        snapshot_type: 'labels',
        entity: ENTITY,
        window_start: SPIKE_HOUR,
        anomalies: [{ anomaly_id: anomaly.anomaly_id, metric_name: 'rx_bps', verdict: 'false_positive' }],
      },
    ]);
    expect(await driver.take('ml.evaluation')).toMatchObject([
      {
        model_name: 'deviation',
        model_version: anomaly.detector_version,
        predictions_made: made,
        false_positives: 1,
        precision_score: 0,
      },
    ]);
    expect(driver.outcomes.get('evaluate.false_positive')).toBe(1);
    expect(driver.refused).toEqual([]);
  });

  it('are not there when nobody wants them; labels are', async () => {
    const driver = await told({
      ...SPIKE_SETTINGS,
      features: { ...SPIKE_SETTINGS.features, enabled: false },
    });
    silence(driver);
    expect(await driver.take('ml.feature')).toEqual([]);
    const [anomaly] = await driver.take('insight.anomaly');
    await say(driver, anomaly!.anomaly_id, 'confirmed');
    expect((await driver.take('ml.feature')).map(({ snapshot_type: type }) => type)).toEqual(['labels']);
  });
});
