import { describe, expect, it } from '@jest/globals';
import { storiesOf } from '../../../pipeline/analyze/links/stories.ts';
import { jsonLine } from '../../../pipeline/analyze/report/json-lines.ts';
import { momentText } from '../../../pipeline/analyze/report/moment.ts';
import { coloured, plain } from '../../../pipeline/analyze/report/paint.ts';
import { textReport, type TextOptions } from '../../../pipeline/analyze/report/text.ts';
import { anomaly } from '../../../topics/anomaly.ts';
import { analyzed, DAY_MS, every, START_MS, type SeriesSample } from '../../support/analyzed.ts';
import { diurnalTraffic } from '../../support/simulated-series.ts';

const MINUTES_30 = 1_800_000;
const traffic = diurnalTraffic({ seed: 7, mean: 100, swing: 0.6, weekend: 1, noise: 0.03 });
const OPTIONS: TextOptions = {
  timeZone: 'UTC',
  paint: plain,
  minConfidence: 0.03,
  alarmConfidence: 0.5,
  forgotten: 0,
};
const SPIKE_MS = START_MS + 20 * DAY_MS + DAY_MS / 2;

function spiked(more: Partial<SeriesSample> = {}): SeriesSample {
  const isSpike = (atMs: number): boolean => atMs >= SPIKE_MS && atMs < SPIKE_MS + 3_600_000;
  return {
    entity: 'r1',
    instance: 'ge-0',
    metric: 'rx',
    values: every(MINUTES_30, 24, (atMs) => traffic(atMs) * (isSpike(atMs) ? 20 : 1)),
    ...more,
  };
}

const quiet = (): SeriesSample => ({ entity: 'r2', metric: 'rx', values: every(MINUTES_30, 24, traffic) });

function report(samples: readonly SeriesSample[], options: Partial<TextOptions> = {}): string {
  const { series, found } = analyzed(samples);
  return textReport(series, storiesOf(found), { ...OPTIONS, ...options });
}

describe('the report as text', () => {
  it('shows what was found: a drawing with a mark, when, how long, the sentence', () => {
    const lines = report([quiet(), spiked()]).split('\n');
    expect(lines[0]).toBe('r1 ge-0 rx');
    expect(lines[1]).toMatch(/^ {2}[▁▂▃▄▅▆▇█]{78}$/);
    const mark = lines[2]!.indexOf('!');
    expect(lines[2]!.trim()).toBe('!');
    expect(lines[1]![mark]).toBe('█');
    expect(lines[3]).toMatch(/^ {2}2026-01-05 00:00 {40,}2026-01-28 23:30$/);
    expect(lines[4]).toBe('  critical  spike        2026-01-25 12:00:00 to 13:00:00 (60 min)');
    expect(lines[5]).toMatch(/^ {4}rx of ge-0 is \d+, [\d.]+ sigma above the \d+ expected at this hour\.$/);
  });

  it('has a table of all series, the worst first, and a verdict', () => {
    const text = report([quiet(), spiked()]);
    expect(text).toMatch(/\nseries +values +every +crit warn info +worst\n/);
    expect(text).toMatch(/\nr1 ge-0 rx +1,152 +30 min +1 +- +- +spike\nr2 rx +1,152 +30 min +- +- +-\n/);
    expect(text).toContain('2,304 values of 2 series, 2026-01-05 00:00:00 to 2026-01-28 23:30:00 UTC: 1');
  });

  it('fits 80 columns, whatever the names are', () => {
    const long = spiked({
      entity: 'a-router-with-a-very-long-name'.repeat(4),
      instance: 'x'.repeat(60),
      metric: 'm'.repeat(50),
    });
    for (const line of report([long]).split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('lets no name move the cursor', () => {
    const text = report([spiked({ entity: 'r1\u001b[2J', instance: 'a\nb', metric: 'x\u202ey' })]);
    expect(text).toContain('r1\ufffd[2J a\ufffdb x\ufffdy');
    // eslint-disable-next-line no-control-regex -- these are what must not be there
    expect(text).not.toMatch(/[\u001b\u202e]/);
  });

  it('paints severities only where it is told to', () => {
    expect(report([spiked()], { paint: coloured })).toContain('\u001b[31mcritical\u001b[0m');
  });

  it('shows times as the clocks of the zone do', () => {
    expect(report([spiked()], { timeZone: 'Europe/Berlin' })).toContain(
      '2026-01-25 13:00:00 to 14:00:00 (60 min)',
    );
    expect(momentText(Date.UTC(2026, 6, 1, 12), 'America/New_York')).toBe('2026-07-01 08:00:00');
  });

  it('shows anomalies that opened together as one story, in the order of their opening', () => {
    const text = report([spiked({ metric: 'tx' }), spiked()]);
    expect(text).toContain(
      [
        'Anomalies that opened together:',
        '',
        '2026-01-25: 2 anomalies on r1',
        '  12:00:00  critical spike       r1 ge-0 rx',
        '  12:00:00  critical spike       r1 ge-0 tx',
        '',
        'series',
      ].join('\n'),
    );
    expect(report([spiked()])).not.toContain('together');
  });

  it('says what ended an anomaly, unless it was over', () => {
    const shifted = report([
      { values: every(MINUTES_30, 24, (atMs) => traffic(atMs) * (atMs < SPIKE_MS ? 1 : 6)) },
    ]);
    expect(shifted.replaceAll(/\n +/g, ' ')).toContain('It ended as that had become usual.');
    const ended = report([
      {
        instance: 'a',
        values: every(MINUTES_30, 20, (atMs, k) => traffic(atMs) * (k > 20 * 48 - 4 ? 20 : 1)),
      },
      { instance: 'b', values: every(MINUTES_30, 22, traffic) },
    ]);
    expect(ended.replaceAll(/\n +/g, ' ')).toContain('It ended as no more values came.');
    expect(report([spiked()])).not.toContain('It ended');
  });

  it('mentions a long gap once', () => {
    const gap = (atMs: number): boolean => atMs >= START_MS + 5 * DAY_MS && atMs < START_MS + 10 * DAY_MS;
    const without = ({ values, ...sample }: SeriesSample): SeriesSample => ({
      ...sample,
      values: [...values].filter(([atMs]) => !gap(atMs)),
    });
    expect(report([without(spiked())]).match(/No values for.*/g)).toEqual([
      'No values for 5 d, from 2026-01-09 23:30:00 on.',
    ]);
    expect(report([without(quiet())]).replaceAll('\n', ' ')).toContain(
      '1 series without anomalies has a long gap, r2 rx the longest: 5 d from 2026-01-09 23:30:00 on.',
    );
    const daily = every(DAY_MS, 200, traffic);
    expect(report([{ values: [...daily].filter((_, k) => k !== 50) }])).not.toContain('gap');
  });

  it('draws a status as its states, with a legend, and not as heights', () => {
    const link = [
      ...every(MINUTES_30, 24, (atMs) => (atMs >= SPIKE_MS && atMs < SPIKE_MS + 3_600_000 ? 7 : 1)),
    ];
    const words = ['down', 'up'];
    const samples = [
      {
        kind: 'status',
        metric: 'link',
        values: link.map(([atMs, v]) => [atMs, words[Number(v === 1)]!] as const),
      },
      { kind: 'status', metric: 'code', values: link },
    ] as const;
    const [ofWords, ofNumbers] = samples.map((sample) => report([sample]).split('\n'));
    expect(ofWords![1]).toMatch(/^ {2}─{66}d─{11}$/);
    expect(ofWords![4]).toBe('  ─ up, d down');
    expect(ofNumbers![1]).toMatch(/^ {2}─{66}7─{11}$/);
    expect(ofNumbers![4]).toBe('  ─ 1, 7');
    expect(ofWords![2]).toBe(`  ${' '.repeat(66)}!`);
  });

  it('says that an anomaly is open at the end', () => {
    const values = every(MINUTES_30, 20, (atMs, k) => traffic(atMs) * (k > 20 * 48 - 4 ? 20 : 1));
    expect(report([{ values }])).toContain('since 2026-01-24 22:30:00, open at the end');
  });

  it('says why nothing was found', () => {
    expect(report([quiet()])).toMatch(/Nothing was found: [\d,]+ values of 1 series were judged/);
    const short = report([{ values: every(300_000, 0.2, traffic) }]).replaceAll('\n', ' ');
    expect(short).toMatch(
      /Nothing could be found: no value was judged.*reached \d+% with 58 values over 4.8 h/,
    );
    const constant = report([{ values: every(MINUTES_30, 20, () => 1) }]);
    expect(constant).toContain('1 series never changed');
    const status = report([{ kind: 'status', values: every(MINUTES_30, 1, () => 1) }]);
    expect(status).toContain('1 series is a status: judged by changes of state');
    expect(status).toContain('Nothing could be found');
  });

  it('counts what was left out, and says what to do when it is much', () => {
    const values = [...every(300_000, 1, traffic)];
    const few = report([{ values: [...values, values[5]!] }]);
    expect(few.replaceAll('\n', ' ')).toContain(
      '1 value was not newer than the one before in the series, and left out.',
    );
    const late = (samples: typeof values): string => report([{ values: samples }]).replaceAll('\n', ' ');
    expect(late(values.flatMap((value, k) => (k < 2 ? [value] : [value, values[k - 2]!])))).toContain(
      '286 values were not newer than the one before in the series, and left out: sort the rows by time',
    );
    expect(late(values.flatMap((value) => Array.from({ length: 20 }, () => value)))).toContain(
      'left out: sort the rows by time, or name the column that tells series apart with --instance COLUMN',
    );
    expect(late([...values, ...values.slice(100)])).toContain(
      '188 values were not newer than the one before in the series, and left out: a clock went back, or a file was given twice',
    );
  });

  it('bounds what is shown of many', () => {
    const values = [...spiked().values];
    const samples = Array.from({ length: 40 }, (_, k) => ({ instance: `i${k}`, values }));
    const text = report(samples);
    expect(text).toContain('and 20 more series with anomalies: --json lists all');
    expect(text).toContain('and 10 more series, 10 of them with anomalies');
  });
});

describe('an anomaly as a line of JSON', () => {
  it('has the fields of insight.anomaly under their names, times as text, and what a file adds', () => {
    const [found] = analyzed([spiked({ unit: 'bit/s' })]).found;
    const line = JSON.parse(jsonLine(found!, 'the-first')) as Record<string, unknown>;
    expect(Object.keys(line)).toEqual(expect.arrayContaining(anomaly.fields.map(({ name }) => name)));
    expect(line).toMatchObject({
      entity: 'r1',
      interface_name: 'ge-0',
      metric_name: 'rx',
      metric_kind: 'gauge',
      metric_unit: 'bit/s',
      anomaly_type: 'spike',
      severity: 'critical',
      state: 'closed',
      opened_at: '2026-01-25T12:00:00.000Z',
      closed_at: '2026-01-25T13:00:00.000Z',
      duration_seconds: 3600,
      correlation_group_id: 'the-first',
    });
  });

  it('lasts until the end of its series while it is open', () => {
    const values = every(MINUTES_30, 20, (atMs, k) => traffic(atMs) * (k > 20 * 48 - 4 ? 20 : 1));
    const [found] = analyzed([{ values }]).found;
    expect(JSON.parse(jsonLine(found!, 'the-first'))).toMatchObject({
      closed_at: null,
      duration_seconds: 3600,
    });
  });
});
