import { describe, expect, it } from '@jest/globals';
import { RequestSize } from '../../../pipeline/collect/snmp/request-size.ts';

describe('the size of requests', () => {
  it('doubles while answers are full', () => {
    const size = new RequestSize(10);
    size.filled();
    expect(size.repetitions(2, 0)).toBe(20);
  });

  it('asks for no more than 640 varbinds', () => {
    expect(new RequestSize(100).repetitions(13, 0)).toBe(49);
  });

  it('asks a known table for its rows and the one that ends it', () => {
    const size = new RequestSize(25);
    size.pollDone(8);
    expect(size.repetitions(12, 0)).toBe(9);
    expect(size.repetitions(12, 8)).toBe(1);
    expect(size.repetitions(12, 9)).toBe(25);
  });

  it('halves rows, then columns, and says when nothing is left to halve', () => {
    const size = new RequestSize(4);
    expect(size.shrink({ columns: 12, repetitions: 4 })).toBe(true);
    expect(size.repetitions(12, 0)).toBe(2);
    expect(size.shrink({ columns: 12, repetitions: 1 })).toBe(true);
    expect(size.columns).toBe(6);
    expect(size.shrink({ columns: 1, repetitions: 1 })).toBe(false);
  });

  it('does not grow beyond what came through after a failure, until that is long ago', () => {
    const size = new RequestSize(16);
    size.shrink({ columns: 1, repetitions: 16 });
    size.filled();
    size.filled();
    expect(size.repetitions(1, 0)).toBe(8);
    for (let poll = 0; poll < 60; poll += 1) size.pollDone(0);
    size.filled();
    expect(size.repetitions(1, 0)).toBe(16);
  });

  it('learns no limit from a device that did not answer at all', () => {
    const size = new RequestSize(16);
    size.shrink({ columns: 1, repetitions: 16 });
    size.pollDone(0);
    size.filled();
    size.filled();
    size.filled();
    expect(size.repetitions(1, 0)).toBe(64);
  });

  it('asks for as many rows as the agent put into its answer', () => {
    const size = new RequestSize(25);
    size.cut(7);
    expect(size.repetitions(12, 0)).toBe(7);
  });
});
