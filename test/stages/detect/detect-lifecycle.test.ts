import { beforeAll, describe, expect, it } from '@jest/globals';
import type { AnomalyRecord } from '../../../topics/anomaly.ts';
import { severityOf } from '../../../pipeline/stages/detect/severity.ts';
import { describeDeviation, spoken } from '../../../pipeline/stages/detect/anomaly-description.ts';
import type { DetectState } from '../../support/detect-harness.ts';
import { LearnedPort, learnedHistory, LIVE, sigmas } from '../../support/learned-port.ts';
import { randomFrom } from '../../support/random-from.ts';
import { normalFrom } from '../../support/simulated-series.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let history: DetectState;

beforeAll(() => {
  history = learnedHistory();
});

class Port extends LearnedPort {
  constructor() {
    super(history);
  }
}

const brief = (records: readonly AnomalyRecord[]) =>
  records.map(({ state, revision, severity, close_reason }) => [state, revision, severity, close_reason]);

describe('an anomaly', () => {
  it('opens once, is silent while nothing changes, and closes after five quiet polls', () => {
    const port = new Port();
    expect(port.quiet(20)).toEqual([]);
    const startMs = port.nowMs;
    const records = [...port.polls(100, sigmas(30)), ...port.quiet(30)];
    expect(brief(records)).toEqual([
      ['opened', 1, 'critical', null],
      ['closed', 2, 'critical', 'recovered'],
    ]);
    const [opened, closed] = records as [AnomalyRecord, AnomalyRecord];
    expect(closed).toMatchObject({
      anomaly_id: opened.anomaly_id,
      opened_at: startMs,
      closed_at: startMs + 500_000,
      polls: 100,
    });
    expect(closed.metric_value).toBe(sigmas(30));
  });

  it('is updated when it gets worse by a quarter, once a minute at most, and keeps its worst poll', () => {
    const port = new Port();
    expect(port.polls(2, sigmas(30))).toHaveLength(1);
    expect(port.polls(5, sigmas(34))).toEqual([]);
    expect(port.polls(1, sigmas(60))).toEqual([]);
    const updates = port.polls(30, sigmas(45));
    expect(brief(updates)).toEqual([['updated', 2, 'critical', null]]);
    expect(updates[0]).toMatchObject({ metric_value: sigmas(60), updated_at: LIVE + MINUTE });
  });

  it('is updated at once when its severity rises: info at first, critical once it has lasted', () => {
    const port = new Port();
    const records = port.polls(40, sigmas(5));
    expect(records.map(({ severity }) => severity)).toContain('critical');
    expect(brief(records)[0]).toEqual(['opened', 1, 'info', null]);
    expect(records.at(-1)!.polls).toBeGreaterThan(3);
  });

  it('is info as long as one poll alone says it, however far, unless that is six times the record', () => {
    expect(brief(new Port().polls(1, sigmas(15)))).toEqual([['opened', 1, 'info', null]]);
    expect(brief(new Port().polls(1, sigmas(60)))).toEqual([['opened', 1, 'critical', null]]);
  });

  it.each(['gap', 'reset', 'stale'] as const)(
    'survives rows of quality %s and neither opens in them',
    (quality) => {
      const port = new Port();
      expect(port.polls(20, sigmas(30), { quality })).toEqual([]);
      // A reset settles for two minutes.
      port.quiet(30);
      expect(brief(port.polls(3, sigmas(30)))).toEqual([['opened', 1, 'critical', null]]);
      expect(port.polls(20, sigmas(0), { quality })).toEqual([]);
      expect(port.polls(10, sigmas(30))).toEqual([]);
    },
  );

  it('is closed without data after 15 minutes of silence', () => {
    const port = new Port();
    port.polls(3, sigmas(30));
    const lastMs = port.nowMs - 5_000;
    port.harness.tick(lastMs + 15 * MINUTE);
    expect(port.harness.take()).toEqual([]);
    port.harness.tick(lastMs + 15 * MINUTE + 5_000);
    expect(port.harness.take()).toMatchObject([
      {
        state: 'closed',
        close_reason: 'no_data',
        updated_at: lastMs,
        closed_at: lastMs + 15 * MINUTE + 5_000,
      },
    ]);
  });

  it('does not open again within 10 minutes, unless it is worse than before', () => {
    const port = new Port();
    const [first] = port.polls(10, sigmas(30));
    port.quiet(10);
    expect(port.polls(10, sigmas(27))).toEqual([]);
    const again = port.polls(3, sigmas(60));
    expect(again.at(-1)).toMatchObject({ severity: 'critical' });
    expect(again.at(-1)!.anomaly_id).not.toBe(first!.anomaly_id);
  });

  it('opens again under another id when the cooldown is over', () => {
    const port = new Port();
    const [first] = port.polls(10, sigmas(30));
    port.quiet(10 + (10 * MINUTE) / 5_000);
    const [second] = port.polls(10, sigmas(30));
    expect(second).toMatchObject({ state: 'opened', revision: 1 });
    expect(second!.anomaly_id).not.toBe(first!.anomaly_id);
  });

  it('turns into an oscillation when it goes on on both sides, as the same one', () => {
    const port = new Port();
    let poll = 0;
    const records = [...port.polls(60, () => sigmas((poll += 1) % 2 === 0 ? 8 : -8)), ...port.quiet(120)];
    expect(new Set(records.map(({ anomaly_id: id }) => id)).size).toBe(1);
    expect(records[0]).toMatchObject({ state: 'opened', revision: 1 });
    expect(records[0]!.anomaly_type).toMatch(/^(spike|drop)$/);
    expect(records.at(-1)).toMatchObject({
      state: 'closed',
      anomaly_type: 'oscillation',
      close_reason: 'recovered',
      severity: 'critical',
    });
    expect(records.at(-1)!.description).toMatch(/ swings by /);
  });

  it('closes as a level shift when the new level has become usual', () => {
    const port = new Port();
    const random = randomFrom(1);
    const records = port.polls((8 * HOUR) / 5_000, () => 2 * sigmas(normalFrom(random)));
    expect(records[0]).toMatchObject({ state: 'opened', anomaly_type: 'spike' });
    expect(records.at(-1)).toMatchObject({
      state: 'closed',
      close_reason: 'level_shift',
      description: expect.stringMatching(
        / rx_bps of p1 has a new level: 200 Mbit\/s, which was \d+\.?\d* Mbit\/s\.$/,
      ),
    });
    expect(records.filter(({ state }) => state === 'opened')).toHaveLength(1);
  });

  it('is one of the status alone when the link is down', () => {
    const port = new Port();
    const records = port.polls(20, 0, { rows: { p1: { rx_bps: 0, oper_status: 2 } } });
    expect(records.map(({ metric_name }) => metric_name)).toEqual(['oper_status']);
    expect(brief(port.polls(3, sigmas(-8)))).toEqual([['closed', 2, 'critical', 'recovered']]);
  });
});

describe('a flatline', () => {
  it('is a value that stands still for 15 minutes on a series that never did, and ends when it moves', () => {
    const port = new Port();
    const records = port.polls(200, sigmas(0.5));
    expect(brief(records)).toEqual([['opened', 1, 'warning', null]]);
    expect(records[0]).toMatchObject({
      detector: 'flatline',
      anomaly_type: 'flatline',
      metric_value: sigmas(0.5),
      opened_at: LIVE + 15 * MINUTE,
      description:
        'rx_bps of p1 has been exactly 105000000 bit/s for 15 min; it never stood still for longer than 0 s before.',
    });
    expect(brief(port.quiet(1))).toEqual([['closed', 2, 'warning', 'recovered']]);
  });

  it('is none on a series that repeats itself by nature', () => {
    const { harness } = new Port();
    const random = randomFrom(9);
    for (let k = 0; k < 1_000; k += 1) {
      const rx_bps = sigmas(normalFrom(random));
      harness.poll({ atMs: LIVE + k * 5_000, dtS: 5, rows: { p1: { rx_bps, tx_bps: 1e6 } } });
    }
    expect(harness.take()).toEqual([]);
  });

  it('is none beside a deviation of the same series', () => {
    const port = new Port();
    const records = port.polls(400, 0);
    expect(records.map(({ detector }) => detector)).not.toContain('flatline');
    expect(records[0]).toMatchObject({ anomaly_type: 'drop' });
  });
});

describe('severity', () => {
  const rule = { critSigma: 3, criticalPolls: 3 };
  it.each([
    [2.5, 0, 'info'],
    [-3.5, 1, 'warning'],
    [3.5, 2, 'warning'],
    [3.5, 3, 'critical'],
    [-6.1, 1, 'critical'],
  ])('of %s sigma with %s polls beyond crit is %s', (sigma, critPolls, severity) => {
    expect(severityOf(sigma, critPolls, rule)).toBe(severity);
  });
});

describe('deviations are described', () => {
  const deviation = {
    metric: 'load',
    unit: null,
    instance: '',
    shape: 'spike',
    value: 1003,
    expected: 1000.2,
    sigma: 3,
    drift: -30,
    swing: 0,
  } as const;

  it('in digits enough to tell the value from what was expected', () => {
    expect(describeDeviation(deviation)).toBe(
      'load is 1003, 3.0 sigma above the 1000 expected at this hour.',
    );
    expect(describeDeviation({ ...deviation, value: 2003 })).toContain('is 2000, 3.0 sigma above the 1000');
    expect(describeDeviation({ ...deviation, value: 1000.2 })).toContain('is 1000, 3.0 sigma above the 1000');
  });

  it('as a trend by the mean of the last polls, which the last of them does not contradict', () => {
    expect(describeDeviation({ ...deviation, shape: 'trend' })).toBe(
      'load has moved away: over the last polls it was on average 30 below what was expected; it is 1003 now, with 1000 expected at this hour.',
    );
  });
});

describe('values are spoken', () => {
  it.each([
    [3_123_456_789, 'bit/s', '3.12 Gbit/s'],
    [-950, 'bit/s', '-950 bit/s'],
    [0.4, '{error}/s', '0.4 error/s'],
    [97.25, '%', '97.3%'],
    [1_200, '[ppm]', '1200 ppm'],
    [5, null, '5'],
    [120_000, null, '120000'],
    [1.234e18, null, '1.23e18'],
    [-9.999e8, null, '-1e9'],
    [2e18, 'By/s', '2 EBy/s'],
    [1e-7, null, '1e-7'],
  ])('%s %s as %s', (value, unit, text) => {
    expect(spoken(value, unit)).toBe(text);
  });
});
