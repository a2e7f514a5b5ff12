import { describe, expect, it } from '@jest/globals';
import { RecentDurations } from '../../pipeline/observe/recent-durations.ts';

describe('RecentDurations', () => {
  it('says the last one and what is rare', () => {
    const durations = new RecentDurations();
    expect([durations.last, durations.quantile(0.99)]).toEqual([null, null]);
    for (let ms = 1; ms <= 200; ms += 1) durations.add(ms);
    expect([durations.last, durations.quantile(0.99), durations.quantile(0.5)]).toEqual([200, 198, 100]);
  });

  it('forgets what is long ago', () => {
    const durations = new RecentDurations();
    for (let ms = 0; ms < 10_000; ms += 1) durations.add(ms);
    expect([durations.last, durations.quantile(1), durations.quantile(0)]).toEqual([9_999, 9_999, 9_488]);
  });
});
