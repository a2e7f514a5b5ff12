import { describe, expect, it } from '@jest/globals';
import type { Component } from '../pipeline/model/component.ts';
import { ConfigError, RetryableError } from '../pipeline/model/errors.ts';
import { patience } from '../pipeline/patience.ts';
import { recordingLog } from './support/log.ts';

const away = new RetryableError('nothing answers', { retryAfterMs: 1 });

function failing(...errors: Error[]): Component & { readonly calls: string[] } {
  const calls: string[] = [];
  return {
    calls,
    name: 'peer',
    async start() {
      calls.push('start');
      const error = errors.shift();
      if (error !== undefined) throw error;
    },
    async stop() {
      calls.push('stop');
    },
  };
}

function waiting(component: Component, { timeoutMs = 60_000, stop = new AbortController(), nowMs = 0 } = {}) {
  const log = recordingLog();
  const clock = () => nowMs;
  return { log, patient: patience({ timeoutMs, clock, log, signal: stop.signal })(component) };
}

describe('patience', () => {
  it('tries again what is away, and says so once in a while', async () => {
    const peer = failing(away, away, away);
    const { patient, log } = waiting(peer);
    await patient.start();
    await patient.stop();
    expect(peer.calls).toEqual(['start', 'start', 'start', 'start', 'stop']);
    expect(log.entries).toEqual([
      {
        level: 'warn',
        fields: { component: 'peer', reason: away.message, secondsLeft: 60 },
        message: 'not there yet: trying again',
      },
    ]);
  });

  it('gives up with the last error when the time is over', async () => {
    const peer = failing(away, away);
    const { patient } = waiting(peer, { timeoutMs: 0 });
    await expect(patient.start()).rejects.toBe(away);
    expect(peer.calls).toEqual(['start']);
  });

  it('has no patience with what is wrong', async () => {
    const wrong = new ConfigError('wrong password');
    const { patient } = waiting(failing(away, wrong));
    await expect(patient.start()).rejects.toBe(wrong);
  });

  it('ends without an error when the process is asked to stop, and stops nothing that never started', async () => {
    const stop = new AbortController();
    const peer = failing(new RetryableError('nothing answers', { retryAfterMs: 50_000 }), away);
    const { patient } = waiting(peer, { stop });
    const started = patient.start();
    stop.abort();
    await started;
    await patient.stop();
    expect(peer.calls).toEqual(['start']);
  });
});
