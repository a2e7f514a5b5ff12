import { describe, expect, it } from '@jest/globals';
import { drain } from '../../pipeline/runtime/drain.ts';
import { recordingLog } from '../support/log.ts';

describe('drain', () => {
  it('lets the stop wait until what it watches is idle', async () => {
    let looks = 0;
    const log = recordingLog();
    const waiting = drain({
      name: 'tasks',
      idle: () => (looks += 1) > 3,
      timeoutMs: 10_000,
      clock: Date.now,
      log,
    });
    await waiting.start();
    await waiting.stop();
    expect(looks).toBe(4);
    await waiting.stop();
    expect(looks).toBe(4);
    expect(log.entries).toEqual([]);
  });

  it('gives up at its time limit, and says so', async () => {
    let nowMs = 0;
    const log = recordingLog();
    const waiting = drain({
      name: 'sink',
      idle: () => false,
      timeoutMs: 100,
      clock: () => (nowMs += 60),
      log,
    });
    await waiting.stop();
    expect(log.entries).toMatchObject([{ level: 'warn', fields: { component: 'sink', timeoutMs: 100 } }]);
  });
});
