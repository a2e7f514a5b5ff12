import { describe, expect, it } from '@jest/globals';
import { AGGREGATE_DEFAULTS } from '../../../pipeline/stages/aggregate-baseline/aggregate-settings.ts';
import { WINDOW_MS } from '../../../topics/domain.ts';
import { TotalsLab } from '../../support/totals-lab.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A Monday, midnight UTC. */
const START = Date.UTC(2026, 5, 1);
const GRACE_MS = AGGREGATE_DEFAULTS.graceMs;

const SITE = 'default/site/7';
const ROLE = 'default/device_role/router';
const NETWORK = 'default/network/default';

describe('totals', () => {
  it('are learned for the site, the role and the network of those who report', () => {
    const lab = new TotalsLab();
    lab.live(START, START + 2 * HOUR_MS, (windowMs) => {
      lab.report(windowMs, 100, { name: 'a' });
      lab.report(windowMs, 20, { name: 'b', role: 'switch' });
      lab.report(windowMs, 3, { name: 'c', siteId: 8 });
    });
    expect(lab.means(SITE).get(0)).toBeCloseTo(120, 3);
    expect(lab.means('default/site/8').get(0)).toBeCloseTo(3, 3);
    expect(lab.means(ROLE).get(0)).toBeCloseTo(103, 3);
    expect(lab.means('default/device_role/switch').get(0)).toBeCloseTo(20, 3);
    expect(lab.means(NETWORK).get(0)).toBeCloseTo(123, 3);
  });

  it('say what they are about', () => {
    const lab = new TotalsLab();
    lab.live(START, START + 2 * HOUR_MS, (windowMs) => lab.report(windowMs, 100));
    const places = lab.baselines.map(({ entity, scope_type, site_id, device_role, device_ip, rows }) => ({
      entity,
      scope_type,
      site_id,
      device_role,
      device_ip,
      interfaces: rows.map(({ interface_name: name }) => name),
    }));
    const none = { site_id: null, device_role: null, device_ip: null, interfaces: [''] };
    expect(places).toEqual([
      { ...none, entity: NETWORK, scope_type: 'network' },
      { ...none, entity: SITE, scope_type: 'site', site_id: 7 },
      { ...none, entity: ROLE, scope_type: 'device_role', device_role: 'router' },
    ]);
    expect(lab.baselines[0]).toMatchObject({
      baseline_start: START,
      calculated_at: START + HOUR_MS + WINDOW_MS,
    });
  });

  it('have whole days, once a day is over and after its hours', () => {
    const lab = new TotalsLab();
    lab.live(START, START + 26 * HOUR_MS, (windowMs) =>
      lab.report(windowMs, 100 + new Date(windowMs).getUTCHours()),
    );
    const ofSite = lab.baselines.filter(({ entity }) => entity === SITE);
    const days = ofSite.flatMap(({ rows }) => rows[0]!.periods);
    expect(
      days.map(({ time_period, day_of_week, sample_count }) => [time_period, day_of_week, sample_count]),
    ).toEqual([
      ['daily', null, 1],
      ['weekly', 1, 1],
    ]);
    for (const { baseline_mean: mean } of days) expect(mean).toBeCloseTo(111.5, 3);
    const withDays = ofSite.findIndex(({ rows }) => rows[0]!.periods.length > 0);
    expect(ofSite[withDays - 1]!.rows[0]!.cells[0]!.hour_of_day).toBe(23);
  });

  it('of who has neither site nor role count in the network', () => {
    const lab = new TotalsLab();
    lab.live(START, START + 2 * HOUR_MS, (windowMs) =>
      lab.report(windowMs, 100, { siteId: null, role: null, zone: null }),
    );
    expect(new Set(lab.baselines.map(({ entity }) => entity))).toEqual(new Set([NETWORK]));
  });
});

describe('a window', () => {
  it('waits for its grace: who reports late, but within it, is in it', () => {
    const lab = new TotalsLab();
    lab.live(START, START + 2 * HOUR_MS, (windowMs) => {
      lab.report(windowMs, 100, { name: 'a' });
      const before = windowMs - 2 * WINDOW_MS;
      if (before >= START) lab.report(before, 20, { name: 'b' }, before + WINDOW_MS + GRACE_MS - 5_000);
    });
    expect(lab.means(SITE).get(0)).toBeCloseTo(120, 3);
    expect(lab.outcomes.get('late')).toBeUndefined();
  });

  it('is closed without who reports later, and counts it', () => {
    const lab = new TotalsLab();
    lab.live(START, START + 2 * HOUR_MS, (windowMs) => {
      lab.report(windowMs, 100, { name: 'a' });
      const before = windowMs - 4 * WINDOW_MS;
      if (before >= START) lab.report(before, 20, { name: 'b' }, windowMs + WINDOW_MS);
    });
    expect(lab.means(SITE).get(0)).toBeCloseTo(100, 3);
    // Of 24 windows the last four are not told of; each is late in three scopes.
    expect(lab.outcomes.get('late')).toBe(3 * 20);
  });

  it('does not take what came too late, though somebody upstream holds it open', () => {
    const lab = new TotalsLab();
    const late = (windowMs: number) => windowMs + WINDOW_MS + GRACE_MS;
    for (let windowMs = START; windowMs < START + 2 * HOUR_MS; windowMs += WINDOW_MS) {
      lab.report(windowMs, 20, { name: 'b' }, late(windowMs));
      lab.report(windowMs, 100, { name: 'a' });
    }
    lab.tickTo(START + 2 * HOUR_MS + GRACE_MS);
    expect(lab.means(SITE).get(0)).toBeCloseTo(100, 3);
  });

  it('is closed no sooner than time comes, however much later windows were reported', () => {
    const lab = new TotalsLab();
    lab.tickTo(START);
    for (let windowMs = START; windowMs < START + DAY_MS; windowMs += WINDOW_MS) lab.report(windowMs, 100);
    lab.tickTo(START + HOUR_MS + GRACE_MS);
    expect(lab.baselines).toEqual([]);
    lab.tickTo(START + HOUR_MS + WINDOW_MS + GRACE_MS + 5_000);
    expect(lab.baselines.map(({ entity }) => entity)).toEqual([NETWORK, SITE, ROLE]);
  });

  it('is closed early where a task would hold more than it may', () => {
    const lab = new TotalsLab({ maxOpenWindows: 30 });
    lab.tickTo(START);
    for (let windowMs = START; windowMs < START + 2 * HOUR_MS; windowMs += WINDOW_MS) {
      lab.report(windowMs, 100, { role: null });
      lab.report(windowMs - 50 * WINDOW_MS, 1, { name: 'old', role: null });
    }
    expect(lab.outcomes.get('closed_early')).toBeGreaterThan(0);
    lab.tickTo(START + 3 * HOUR_MS);
    expect(lab.means(SITE).get(0)).toBeCloseTo(100, 3);
  });
});

describe('who is missing', () => {
  /** After a day: updates are clipped after the second. */
  const settled = () => {
    const lab = new TotalsLab();
    lab.live(START, START + DAY_MS, (windowMs) => {
      for (let device = 0; device < 20; device += 1) lab.report(windowMs, 10, { name: `d${device}` });
    });
    return lab;
  };
  const from = START + DAY_MS;

  it('does not look like less: the others stand for it', () => {
    const lab = settled();
    lab.live(from, from + 2 * HOUR_MS, (windowMs) => {
      for (let device = 1; device < 20; device += 1)
        lab.report(windowMs, 12, { name: `d${device}`, weight: 10 });
    });
    // The cell: a visit of 200, and one of 19 devices with 12 each, as if all 20 had it.
    expect(lab.means(SITE).get(0)).toBeCloseTo((200 + 240) / 2, 3);
  });

  it('leaves a window unjudged beyond a tenth', () => {
    const lab = settled();
    lab.live(from, from + 2 * HOUR_MS, (windowMs) => {
      for (let device = 3; device < 20; device += 1) lab.report(windowMs, 10, { name: `d${device}` });
    });
    expect(lab.means(SITE).get(0)).toBeCloseTo(200, 3);
    expect(lab.outcomes.get('incomplete')).toBeGreaterThan(0);
  });

  it('leaves it unjudged if it is one who carries most: rows are not all', () => {
    const lab = new TotalsLab();
    const report = (windowMs: number, withCore: boolean) => {
      if (withCore) lab.report(windowMs, 1_000, { name: 'core' });
      for (let device = 0; device < 19; device += 1) lab.report(windowMs, 10, { name: `d${device}` });
    };
    lab.live(START, START + DAY_MS, (windowMs) => report(windowMs, true));
    lab.live(START + DAY_MS, START + DAY_MS + 2 * HOUR_MS, (windowMs) => report(windowMs, false));
    expect(lab.means(SITE).get(0)).toBeCloseTo(1_190, 3);
    expect(lab.outcomes.get('incomplete')).toBeGreaterThan(0);
  });

  it('is no longer expected after a day', () => {
    const lab = settled();
    const left = (windowMs: number) => {
      for (let device = 10; device < 20; device += 1) lab.report(windowMs, 10, { name: `d${device}` });
    };
    lab.live(from, from + DAY_MS, left);
    expect(lab.means(SITE).get(12)).toBeCloseTo(200, 3);
    lab.live(from + DAY_MS, from + 2 * DAY_MS, left);
    expect(lab.means(SITE).get(12)).toBeCloseTo((200 + 100) / 2, 3);
  });

  it('is expected at once when it is new', () => {
    const lab = settled();
    lab.live(from, from + HOUR_MS, (windowMs) => {
      for (let device = 0; device < 30; device += 1) lab.report(windowMs, 10, { name: `d${device}` });
    });
    lab.live(from + HOUR_MS, from + 2 * HOUR_MS, (windowMs) => {
      for (let device = 0; device < 20; device += 1) lab.report(windowMs, 10, { name: `d${device}` });
    });
    lab.tickTo(from + 3 * HOUR_MS);
    expect(lab.outcomes.get('incomplete')).toBe(3 * 12);
  });
});

describe('hours', () => {
  const inZones = (...zones: string[]) => {
    const lab = new TotalsLab();
    lab.live(START, START + 3 * HOUR_MS, (windowMs) => {
      for (const [at, zone] of zones.entries())
        lab.report(windowMs, 10, { name: `d${at}`, siteId: at, zone });
    });
    return lab;
  };
  const hoursOf = (lab: TotalsLab, key: string) => [...lab.means(key).keys()].toSorted((a, b) => a - b);

  it('are those of the site', () => {
    const lab = inZones('Europe/Berlin', 'Asia/Kolkata');
    expect(hoursOf(lab, 'default/site/0')).toEqual([2, 3]);
    expect(hoursOf(lab, 'default/site/1')).toEqual([5, 6, 7]);
  });

  it('are those that all sites share', () => {
    const lab = inZones('Europe/Berlin', 'Europe/Berlin');
    expect(hoursOf(lab, NETWORK)).toEqual([2, 3]);
    expect(hoursOf(lab, ROLE)).toEqual([2, 3]);
  });

  it('are UTC where they do not', () => {
    const lab = inZones('Europe/Berlin', 'Asia/Kolkata');
    expect(hoursOf(lab, NETWORK)).toEqual([0, 1]);
    expect(hoursOf(lab, ROLE)).toEqual([0, 1]);
  });

  it('stay UTC while one of the zones is not heard of', () => {
    const lab = inZones('Europe/Berlin', 'Asia/Kolkata');
    const from = START + 3 * HOUR_MS;
    lab.live(from, from + HOUR_MS, (windowMs) =>
      lab.report(windowMs, 10, { siteId: 0, zone: 'Europe/Berlin' }),
    );
    expect(lab.outcomes.get('zone_changed')).toBeUndefined();
  });

  it('are learned anew when the zone of the site is another', () => {
    const lab = inZones('Europe/Berlin');
    const from = START + 3 * HOUR_MS;
    lab.live(from, from + 3 * HOUR_MS, (windowMs) =>
      lab.report(windowMs, 50, { siteId: 0, zone: 'Asia/Tokyo' }),
    );
    const record = lab.baselines.findLast(({ entity }) => entity === 'default/site/0')!;
    expect(record.rows[0]!.cells.map(({ hour_of_day: hour, sample_count: count }) => [hour, count])).toEqual([
      [13, 1],
      [13, 1],
    ]);
    for (const { baseline_start } of record.rows[0]!.cells) expect(baseline_start).toBe(from);
  });

  it('are learned anew once the zone of the site is known', () => {
    const lab = new TotalsLab();
    lab.live(START, START + 3 * HOUR_MS, (windowMs) => lab.report(windowMs, 10, { zone: null }));
    expect(hoursOf(lab, SITE)).toEqual([0, 1]);
    const from = START + 3 * HOUR_MS;
    lab.live(from, from + 3 * HOUR_MS, (windowMs) => lab.report(windowMs, 50, { zone: 'Asia/Tokyo' }));
    const record = lab.baselines.findLast(({ entity }) => entity === SITE)!;
    for (const { baseline_start } of record.rows[0]!.cells) expect(baseline_start).toBe(from);
    expect(lab.means(SITE).get(13)).toBeCloseTo(50, 3);
  });

  it('are UTC in a zone that nobody knows', () => {
    const lab = inZones('Mars/Olympus');
    expect(hoursOf(lab, 'default/site/0')).toEqual([0, 1]);
    expect(lab.outcomes.get('unknown_time_zone')).toBeGreaterThan(0);
  });
});

describe('history that is loaded', () => {
  const NOW = START + 30 * DAY_MS;
  const KEPT = { live: { liveMs: 60 * DAY_MS } };

  it('is learned in the order of its windows, whoever sends them first', () => {
    const lab = new TotalsLab({}, KEPT.live);
    lab.tickTo(NOW);
    // One device is up to an hour ahead of the other.
    for (let n = -12; n < 12 * 48; n += 1) {
      if (n + 12 < 12 * 48) lab.report(START + (n + 12) * WINDOW_MS, 100, { name: 'a' }, NOW + n * 50);
      if (n >= 0) lab.report(START + n * WINDOW_MS, 20, { name: 'b' }, NOW + n * 50);
      lab.tickTo(NOW + n * 50);
    }
    lab.tickTo(NOW + 5 * 60_000);
    expect(lab.outcomes.get('late')).toBeUndefined();
    expect(lab.outcomes.get('incomplete')).toBeUndefined();
    const cells = lab.baselines
      .filter(({ entity }) => entity === SITE)
      .flatMap(({ rows }) => rows[0]!.cells)
      .filter(({ day_of_week: day }) => day === null);
    for (const { baseline_mean: mean } of cells) expect(mean).toBeCloseTo(120, 3);
    expect(new Set(cells.map(({ hour_of_day: hour }) => hour)).size).toBe(24);
  });

  it('is not published before the scope is live', () => {
    const lab = new TotalsLab();
    lab.tickTo(NOW);
    for (let n = 0; n < 12 * 48; n += 1) lab.report(START + n * WINDOW_MS, 100, {}, NOW);
    lab.tickTo(NOW + 10 * 60_000);
    expect(lab.baselines).toEqual([]);
    const live = NOW + 10 * 60_000;
    lab.live(live, live + HOUR_MS, (windowMs) => lab.report(windowMs, 100));
    expect([...lab.means(SITE).keys()]).toHaveLength(24);
  });
});
