import { beforeAll, describe, expect, it } from '@jest/globals';
import type { RuleRecord } from '../../../topics/rules.ts';
import type { DetectState } from '../../support/detect-harness.ts';
import { brief, LearnedPort, learnedHistory, LIVE, OPENED, sigmas } from '../../support/learned-port.ts';
import { maintenance } from '../../support/rule.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DEVICE = 'default/device/r1';

let history: DetectState;

beforeAll(() => {
  history = learnedHistory();
});

const port = (...rules: RuleRecord[]): LearnedPort => new LearnedPort(history, rules);

describe('a maintenance window', () => {
  const window = maintenance(LIVE + 5 * MINUTE, LIVE + 65 * MINUTE, { entity: DEVICE });

  it('lets nothing open until it has settled; what is still off then does', () => {
    const one = port(window);
    one.quiet(60);
    expect(one.polls((62 * MINUTE) / 5_000, sigmas(30))).toEqual([]);
    expect(brief(one.polls(2, sigmas(30)))).toEqual(OPENED);
  });

  it('closes what is open when it begins, whatever the detector', () => {
    const one = port(window);
    one.quiet(48);
    expect(brief(one.polls(12, sigmas(30)))).toEqual(OPENED);
    const [closed, ...more] = one.polls(12, sigmas(30));
    expect(closed).toMatchObject({ close_reason: 'maintenance', closed_at: LIVE + 5 * MINUTE, revision: 2 });
    expect(more).toEqual([]);

    const flat = port(maintenance(LIVE + 20 * MINUTE, LIVE + 30 * MINUTE));
    expect(brief(flat.polls(300, sigmas(0.5)))).toEqual([
      ['opened', 'warning', null],
      ['closed', 'warning', 'maintenance'],
    ]);
  });

  it('of another interface leaves the port alone', () => {
    const one = port({ ...window, interface_name: 'p2' });
    one.quiet(61);
    expect(brief(one.polls(2, sigmas(30)))).toEqual(OPENED);
  });

  it('forgets what was only suspected before it', () => {
    const one = port(maintenance(LIVE + 5_000, LIVE + MINUTE));
    one.polls(1, sigmas(5));
    one.quiet(40);
    expect(one.polls(1, sigmas(5))).toEqual([]);
  });

  const down = { rows: { p1: { rx_bps: 0, oper_status: 2 } } };

  it('takes a link that goes down and comes back as no anomaly', () => {
    const one = port(window);
    one.quiet(72);
    expect(one.polls(120, 0, down)).toEqual([]);
    expect(one.quiet(1_200)).toEqual([]);
  });

  it('is followed by the anomaly of a link that it left down, and of one that was lost before it', () => {
    for (const quietPolls of [72, 24]) {
      const one = port(window);
      one.quiet(quietPolls);
      const found = one.polls(900, 0, down);
      const expected = [...OPENED, ['closed', 'critical', 'maintenance'], ...OPENED];
      expect(brief(found)).toEqual(expected.slice(quietPolls === 72 ? 2 : 0));
      expect(found.at(-1)).toMatchObject({ metric_name: 'oper_status', opened_at: LIVE + 67 * MINUTE });
    }
  });

  it('teaches the baseline and the record nothing: afterwards all is as if it had not been', () => {
    const one = port(maintenance(LIVE, LIVE + 12 * HOUR));
    const other = port();
    one.polls((12 * HOUR + 2 * MINUTE) / 5_000, 0);
    other.nowMs = one.nowMs;
    for (const value of [sigmas(0.3), sigmas(-1)]) {
      one.polls(1, value);
      other.polls(1, value);
      for (const column of ['expected', 'scale', 'confidence', 'sigma', 'score']) {
        expect(one.harness.number(`rx_bps.${column}`)).toBe(other.harness.number(`rx_bps.${column}`));
      }
    }
    expect(one.harness.outcomes.get('level_shift')).toBeUndefined();
  });
});
