import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Broker, Transaction } from '../../../pipeline/broker/port.ts';
import { RetryableError } from '../../../pipeline/model/errors.ts';
import { until } from '../../support/until.ts';
import { CheckpointLab } from './checkpoint-lab.ts';

let lab: CheckpointLab;

beforeEach(async () => {
  lab = new CheckpointLab();
  await lab.open();
});
afterEach(() => lab.close());

/** The lab's broker; `commit` is what each commit does, `begin` is called as a transaction begins. */
function committing(commit: (transaction: Transaction) => Promise<void>, begin?: () => void): Broker {
  return lab.changed({
    transactionalProducer(id) {
      const producer = lab.broker.transactionalProducer(id);
      return {
        name: producer.name,
        start: () => producer.start(),
        stop: () => producer.stop(),
        async begin() {
          begin?.();
          const transaction = await producer.begin();
          return {
            send: (records) => transaction.send(records),
            sendOffsets: (group, offsets) => transaction.sendOffsets(group, offsets),
            commit: () => commit(transaction),
            abort: () => transaction.abort(),
          };
        },
      };
    },
  });
}

describe('a task that takes over within its process', () => {
  it('is not paused by a batch of its predecessor that was still being prepared', async () => {
    const prepared = Promise.withResolvers<undefined>();
    const failing = Promise.withResolvers<undefined>();
    let preparing = 0;
    let isHeld = false;
    let isCommitting = false;
    let restarts = 0;
    const broker = committing(async (transaction) => {
      if (isHeld && restarts === 0) {
        isCommitting = true;
        await failing.promise;
        throw new RetryableError('the answer was lost');
      }
      await transaction.commit();
    });
    const { settled, thread } = await lab.start({
      broker,
      observer: { taskRestarted: () => void (restarts += 1) },
      async prepare(topic) {
        if (!isHeld || topic !== 'inventory.device') return;
        preparing += 1;
        await prepared.promise;
      },
    });
    await settled();
    isHeld = true;
    // A commit is under way while the next batch is being prepared.
    await lab.append('raw.interface', ['a']);
    await until(() => isCommitting, 'a commit to begin');
    const devices = Array.from({ length: 1_500 }, (_, n) => `d${n}`);
    await lab.append('inventory.device', devices);
    await until(() => preparing > 0, 'the batch to be prepared');
    failing.resolve(undefined);
    await until(() => restarts > 0 && thread.status()[0]!.state === 'running', 'the next task to run');
    prepared.resolve(undefined);
    await settled();
    expect((await lab.outputs()).at(-1)).toMatch(/of 1501 /);
  });
});

describe('an input that is new since the checkpoint', () => {
  it('is folded again from where it began, though its topic was cut before', async () => {
    await lab.append('inventory.device', ['gone', 'kept']);
    await lab.broker.deleteRecords({ topic: 'inventory.device', partition: 0 }, 1);
    await lab.append('raw.interface', ['a']);
    const first = await lab.start({ inputs: ['raw.interface', 'control.tick'] });
    await first.settled();
    await first.thread.stop();
    const second = await lab.start();
    await second.settled();
    await lab.kill(second);
    await lab.append('raw.interface', ['kept']);
    const third = await lab.start();
    await third.settled();
    expect(third.failures).toEqual([]);
    expect(await lab.outputs()).toEqual(['a=1 of 1 ticks 0', 'kept=1 of 2 ticks 0', 'kept=2 of 3 ticks 0']);
  });
});

describe('what does not fit into its topic', () => {
  it('is a dead letter, not the end of the task', async () => {
    let restarts = 0;
    const { settled, failures } = await lab.start({
      observer: { taskRestarted: () => void (restarts += 1) },
      output: (key) => (key === 'big' ? 'x'.repeat(1_200_000) : undefined),
    });
    await lab.append('raw.interface', ['a', 'big', 'b']);
    await until(async () => restarts > 0 || (await lab.outputs()).length === 2, 'the records behind it');
    expect({ restarts, failures }).toEqual({ restarts: 0, failures: [] });
    await settled();
    expect(await lab.outputs()).toEqual(['a=1 of 1 ticks 0', 'b=1 of 3 ticks 0']);
    const [letter] = await lab.records('netsigma.dead-letter');
    expect(letter!.value!.toString('latin1')).toContain('output_too_large');
  });

  it('is not the journal of topics that alternate: folding waits for the commit', async () => {
    const held = Promise.withResolvers<undefined>();
    let folded = 0;
    let before = 0;
    let restarts = 0;
    const broker = committing(
      async (transaction) => {
        if (before > 0) await held.promise;
        await transaction.commit();
      },
      () => (before ||= folded),
    );
    for (let n = 0; n < 70_000; n += 1) {
      lab.nowMs += 1;
      await lab.append(n % 2 === 0 ? 'raw.interface' : 'control.tick', ['k']);
    }
    const { settled, failures } = await lab.start({
      broker,
      observer: { folded: () => void (folded += 1), taskRestarted: () => void (restarts += 1) },
      output: () => '',
    });
    await until(() => folded === before + 10_000 || folded === 70_000, 'folding beside a commit');
    held.resolve(undefined);
    await settled();
    expect({ restarts, failures, folded }).toEqual({ restarts: 0, failures: [], folded: 70_000 });
  });
});

describe('a task that goes on where another was killed', () => {
  it('checkpoints when the interval since the last checkpoint is over, whoever made that', async () => {
    const killed = async (key: string) => {
      await lab.append('raw.interface', [key]);
      const running = await lab.start({ checkpointIntervalMs: 10_000 });
      await running.settled();
      await lab.kill(running);
    };
    for (const key of ['a', 'b', 'c']) {
      await killed(key);
      lab.nowMs += 4_000;
    }
    expect(await lab.checkpointKeys()).not.toContain('chunk/counts/0');
    await killed('d');
    expect(await lab.checkpointKeys()).toContain('chunk/counts/0');
  });

  it('has a checkpoint that took several commits, with records folded between them', async () => {
    let more = 20;
    let isDue = false;
    const broker = committing(async (transaction) => {
      await transaction.commit();
      if (isDue && (more -= 1) >= 0) await lab.append('raw.interface', ['k']);
    });
    const options = { broker, checkpointIntervalMs: 1e6, stateBytes: 20_000_000 };
    const first = await lab.start(options);
    await first.settled();
    isDue = true;
    lab.nowMs += 1e6;
    await lab.append('raw.interface', ['k']);
    await until(async () => (await lab.outputs()).length === 21, 'all records to be folded');
    await first.settled();
    const keys = await lab.checkpointKeys();
    expect(keys.indexOf('journal')).toBeLessThan(keys.indexOf('manifest'));
    await lab.kill(first);
    await lab.append('raw.interface', ['k']);
    const second = await lab.start();
    await second.settled();
    expect(second.failures).toEqual([]);
    expect((await lab.outputs()).at(-1)).toMatch(/^k=22 of 22 /);
  });

  it('ticks from where the checkpoint stood', async () => {
    await lab.append('raw.interface', ['a']);
    const first = await lab.start();
    await first.settled();
    await first.thread.stop();
    lab.nowMs += 12_000;
    await lab.append('raw.interface', ['a']);
    const second = await lab.start();
    await second.settled();
    expect((await lab.outputs()).at(-1)).toBe('a=2 of 2 ticks 2');
  });

  it('reads the rest of the inventory first, where that was not read to its end', async () => {
    await lab.append('raw.interface', ['old']);
    lab.nowMs += 60_000;
    await lab.append(
      'inventory.device',
      Array.from({ length: 20_000 }, (_, n) => `device-${n % 9}`),
    );
    let commits = 0;
    const broker = committing(async (transaction) => {
      commits += 1;
      // The genesis, and one of devices.
      if (commits > 2) await new Promise(() => undefined);
      await transaction.commit();
    });
    const first = await lab.start({ broker });
    await until(() => commits > 2, 'some devices to be committed');
    await lab.kill(first);
    expect((await lab.outputs()).length).toBeLessThan(20_000);
    const second = await lab.start();
    await second.settled();
    const outputs = await lab.outputs();
    expect(outputs).toHaveLength(20_001);
    expect(outputs.at(-1)).toBe('old=1 of 20001 ticks 0');
  });

  it('begins with the newest manifest, where an input has the pointer to an older one', async () => {
    const first = await lab.start({ checkpointIntervalMs: 0 });
    await lab.append('raw.interface', ['a']);
    await first.settled();
    await lab.kill(first);
    await until(async () => !(await lab.checkpointKeys()).includes('journal'), 'what is older to be deleted');
    await lab.commitOffsets(first.thread.group, (offset) =>
      offset.topic === 'raw.interface' ? { ...offset, metadata: '{"manifest":0}' } : offset,
    );
    await lab.append('raw.interface', ['a']);
    const second = await lab.start();
    await second.settled();
    expect(second.failures).toEqual([]);
    expect((await lab.outputs()).at(-1)).toBe('a=2 of 2 ticks 0');
  });
});
