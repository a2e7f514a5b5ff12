/** Polls of simulated agents over real UDP: what becomes of those that answer wrongly, late, or not at all. */
import { describe, expect, it } from '@jest/globals';
import type { MibView } from '../../../pipeline/collect/snmp/agent/mib-view.ts';
import { until } from '../../support/until.ts';
import { pollBench } from './poll-bench.ts';
import { interfaces, rowsOf, tableMib } from './table-mib.ts';

const bench = pollBench();

describe('an agent that misbehaves', () => {
  it('by tooBig is asked for less and read whole', async () => {
    const { asking, session } = await bench(tableMib(interfaces(40)), [
      { kind: 'too_big', aboveVarbinds: 30 },
    ]);
    const outcome = await asking.poll(session);
    expect(outcome).toMatchObject({ status: 'complete', errors: [] });
    expect(outcome.retries).toBeGreaterThan(0);
    expect(rowsOf(outcome)).toHaveLength(40);
    const next = await asking.poll(session);
    expect(next.retries).toBeLessThan(outcome.retries);
  });

  it('by tooBig for whatever is asked ends with that reason', async () => {
    const { asking, session } = await bench(tableMib(interfaces(2)), [{ kind: 'too_big', aboveVarbinds: 0 }]);
    const outcome = await asking.poll(session);
    expect(outcome.status).toBe('failed');
    expect(outcome.errors).toContain('too_big:in_octets');
  });

  it('by names that do not increase is stopped in that column', async () => {
    const { asking, session } = await bench(tableMib(interfaces(3)), [
      { kind: 'endless_walk', order: 'looping' },
    ]);
    const outcome = await asking.poll(session);
    expect(outcome.status).toBe('partial');
    expect(outcome.errors).toContain('oid_not_increasing:in_octets');
    expect(rowsOf(outcome)).toHaveLength(3);
  });

  it('by rows without end is stopped at 10,000 of them, and none is taken', async () => {
    const { asking, session } = await bench(tableMib(interfaces(3)), [
      { kind: 'endless_walk', order: 'growing' },
    ]);
    const outcome = await asking.poll(session, { deadlineMs: 20_000 });
    expect(outcome.status).toBe('failed');
    expect(outcome.errors).toContain('too_many_rows:in_octets');
    expect(outcome.table.rowCount).toBeLessThanOrEqual(10_000);
  });

  it('by silence ends with timeout after the retries', async () => {
    const { asking, session } = await bench(tableMib(interfaces(3)), [{ kind: 'silent' }]);
    const outcome = await asking.poll(session, { retries: 2 });
    expect(outcome).toMatchObject({
      status: 'failed',
      errors: ['timeout'],
      unanswered: true,
      requests: 3,
      retries: 2,
    });
  });

  it('by an answer after the deadline is not heard, and the answer counted as late', async () => {
    const { asking, session } = await bench(tableMib(interfaces(3)), [{ kind: 'delay', delayMs: 120 }]);
    const outcome = await asking.poll(session, { deadlineMs: 40 });
    expect(outcome).toMatchObject({ status: 'failed', errors: ['deadline'], unanswered: true });
    await until(() => asking.dropped.includes('late'), 'the late answer');
    expect(outcome.table.rowCount).toBe(0);
  });

  it('by slowness is published as far as it came', async () => {
    const { asking, session } = await bench(tableMib(interfaces(3)), [{ kind: 'delay', delayMs: 60 }]);
    const outcome = await asking.poll(session, { deadlineMs: 100 });
    expect(outcome).toMatchObject({ status: 'partial', errors: ['deadline'] });
    expect(rowsOf(outcome)[0]).toHaveProperty('in_octets');
    expect(rowsOf(outcome)[0]).not.toHaveProperty('in_octets_32');
    expect(outcome.endedAtMs - outcome.startedAtMs).toBeLessThanOrEqual(100);
  });

  it('by another request id is not heard', async () => {
    const { asking, session } = await bench(tableMib(interfaces(3)), [{ kind: 'wrong_request_id' }]);
    const outcome = await asking.poll(session, { retries: 0 });
    expect(outcome).toMatchObject({ status: 'failed', errors: ['timeout'] });
    expect(asking.dropped).toEqual(['unknown_request']);
  });

  it('by another source port is not heard', async () => {
    const { asking, session } = await bench(tableMib(interfaces(3)), [{ kind: 'answer_from_other_port' }]);
    const outcome = await asking.poll(session, { retries: 0 });
    expect(outcome).toMatchObject({ status: 'failed', errors: ['timeout'] });
    expect(asking.dropped).toEqual(['unknown_source']);
  });

  it('by half an answer ends with that reason, without waiting', async () => {
    const { asking, session } = await bench(tableMib(interfaces(3)), [{ kind: 'truncated' }]);
    const outcome = await asking.poll(session, { deadlineMs: 4_000 });
    expect(outcome.status).toBe('failed');
    expect(outcome.errors).toContain('truncated_answer:in_octets');
    expect(asking.dropped).toContain('truncated');
  });

  it('by garbage is not heard', async () => {
    const { asking, session } = await bench(tableMib(interfaces(3)), [{ kind: 'garbage' }]);
    const outcome = await asking.poll(session, { retries: 0 });
    expect(outcome).toMatchObject({ status: 'failed', errors: ['timeout'] });
    expect(asking.dropped).toEqual(['garbage']);
  });
});

describe('a restart in the middle of a poll', () => {
  /** sysUpTime as `uptimes` has it, one a request; the last stays. */
  function countingMib(uptimes: number[]): MibView {
    const view = tableMib(interfaces(60));
    return {
      ...view,
      refresh() {
        view.uptimeTicks = uptimes.length > 1 ? uptimes.shift()! : uptimes[0]!;
        return true;
      },
    };
  }

  it('discards the poll', async () => {
    const { asking, session } = await bench(countingMib([0, 900_000, 900_001, 12, 13]));
    const outcome = await asking.poll(session);
    expect(outcome).toMatchObject({
      status: 'failed',
      errors: ['agent_restarted_during_poll'],
      unanswered: false,
    });
  });

  it('is none when sysUpTime is full after 497 days', async () => {
    const { asking, session } = await bench(countingMib([0, 2 ** 32 - 2, 2 ** 32 - 1, 0, 1, 2]));
    expect(await asking.poll(session)).toMatchObject({ status: 'complete', errors: [] });
  });
});
