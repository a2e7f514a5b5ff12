import { beforeEach, describe, expect, it } from '@jest/globals';
import { Breaker } from '../../../pipeline/collect/snmp/breaker.ts';

let breaker: Breaker;
beforeEach(() => {
  breaker = new Breaker({ failures: 3, intervalMs: 1_000, longestBackoffMs: 10_000 });
});

function fail(times: number, atMs: number): void {
  for (let i = 0; i < times; i += 1) breaker.failed(atMs);
}

describe('a breaker', () => {
  it('polls at each interval until the third failure in a row', () => {
    fail(2, 0);
    expect(breaker.admit(0)).toBe('poll');
    breaker.succeeded();
    fail(2, 0);
    expect(breaker.state).toBe('closed');
    fail(1, 0);
    expect(breaker.state).toBe('open');
  });

  it('skips until the backoff is over, then lets one probe through', () => {
    fail(3, 0);
    expect(breaker.admit(1_999)).toBe('skip');
    expect(breaker.admit(2_000)).toBe('probe');
    expect(breaker.state).toBe('probing');
    expect(breaker.admit(2_001)).toBe('skip');
  });

  it('doubles the backoff up to the longest', () => {
    fail(3, 0);
    const waits = [];
    let now = 0;
    for (let probe = 0; probe < 5; probe += 1) {
      const from = now;
      while (breaker.admit(now) === 'skip') now += 100;
      waits.push(now - from);
      breaker.failed(now);
    }
    expect(waits).toEqual([2_000, 4_000, 8_000, 10_000, 10_000]);
  });

  it('closes at the first success, and starts counting from zero', () => {
    fail(3, 0);
    expect(breaker.admit(5_000)).toBe('probe');
    breaker.succeeded();
    expect(breaker.admit(5_001)).toBe('poll');
    fail(2, 6_000);
    expect(breaker.state).toBe('closed');
  });

  it('does not wait for a time that the clock has jumped away from', () => {
    fail(3, 1_000_000);
    expect(breaker.admit(10)).toBe('probe');
  });
});
