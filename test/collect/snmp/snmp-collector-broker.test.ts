/** The collector while its broker takes no more, is away, or refuses. */
import { describe, expect, it } from '@jest/globals';
import type { Broker, Producer, ProducerRecord } from '../../../pipeline/broker/port.ts';
import { phaseOf } from '../../../pipeline/collect/snmp/schedule.ts';
import { PermanentError, RetryableError } from '../../../pipeline/model/errors.ts';
import { until } from '../../support/until.ts';
import { collectorLab } from './collector-lab.ts';

const lab = collectorLab();

/** The broker with another `send` of its producers. */
function withSend(
  send: (inner: Producer, sent: readonly ProducerRecord[]) => Promise<void>,
): (plain: Broker) => Broker {
  return (plain) => ({
    ...plain,
    producer: () => {
      const inner = plain.producer();
      return {
        name: inner.name,
        start: () => inner.start(),
        stop: () => inner.stop(),
        send: (sent) => send(inner, sent),
      };
    },
  });
}

describe('a broker', () => {
  it('that takes no more slows the polls instead of growing a queue', async () => {
    let waiting = 0;
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => (open = resolve));
    const through = withSend(async (inner, sent) => {
      waiting += 1;
      await gate;
      waiting -= 1;
      await inner.send(sent);
    });
    await lab.inventory('r1', lab.device('r1'));
    await lab.inventory('r2', lab.device('r2'));
    await lab.startCollector({ through, settings: { maxInFlight: 1 } });
    await until(() => lab.missed.filter((reason) => reason === 'overload').length >= 3, 'missed polls');
    expect(lab.missed).toContain('still_running');
    expect(waiting).toBe(1);
    open();
    await until(
      async () => (await lab.audits('r2')).length > 0 && (await lab.audits('r1')).length > 0,
      'both',
    );
    const first = [...(await lab.audits('r1')), ...(await lab.audits('r2'))].map(
      ({ missed_polls: passed }) => passed,
    );
    expect(Math.max(...first)).toBeGreaterThan(0);
  });

  it('that is away for a moment loses no reading', async () => {
    let failures = 3;
    const through = withSend(async (inner, sent) => {
      failures -= 1;
      if (failures >= 0) throw new RetryableError('broker away', { retryAfterMs: 5 });
      await inner.send(sent);
    });
    await lab.inventory('r1', lab.device('r1', { interval_ms: 60_000 }));
    await lab.startCollector({ through, skewMs: msToPhase('r1', 60_000) });
    await until(async () => (await lab.audits('r1')).length === 1, 'the reading');
    expect(failures).toBeLessThan(0);
    expect(await lab.readings('r1')).toHaveLength(1);
  });

  it('that refuses a record ends the process, and the loss is counted', async () => {
    const through = withSend(async () => {
      throw new PermanentError('record too large');
    });
    await lab.inventory('r1', lab.device('r1'));
    await lab.startCollector({ through });
    await until(() => lab.failed.length > 0, 'the failure');
    expect(lab.failed[0]).toBeInstanceOf(PermanentError);
    expect(lab.lost).toBeGreaterThan(0);
  });
});

/** How far the clock must be set so that the device's next planned poll is 50 ms away. */
function msToPhase(name: string, intervalMs: number): number {
  const now = Date.now();
  const phase = phaseOf(`default/device/${name}`, intervalMs);
  return ((((phase - now) % intervalMs) + intervalMs) % intervalMs) - 50;
}
