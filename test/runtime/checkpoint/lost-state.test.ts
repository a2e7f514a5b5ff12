/** What a task does when what it would go on from is not there, or is not what it left. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PermanentError } from '../../../pipeline/model/errors.ts';
import { until } from '../../support/until.ts';
import { CHECKPOINTS, CheckpointLab, type RunningThread } from './checkpoint-lab.ts';

let lab: CheckpointLab;

beforeEach(async () => {
  lab = new CheckpointLab();
  await lab.open();
});
afterEach(() => lab.close());

async function refusal(running: RunningThread): Promise<string> {
  await until(() => running.failures.length > 0, 'the refusal');
  const error = running.failures[0];
  expect(error).toBeInstanceOf(PermanentError);
  const { message, cause } = error as PermanentError;
  return `${message}: ${cause instanceof Error ? cause.message : ''}`;
}

describe('a task whose state is lost', () => {
  it('refuses to start, and starts anew when it is told to', async () => {
    await lab.killedAfter(['a', 'b']);
    await lab.broker.deleteRecords({ topic: CHECKPOINTS, partition: 0 }, 1_000);
    expect(await refusal(await lab.start())).toMatch(
      /state of task 0 cannot be restored.*start_anew.*there is none/s,
    );
    await lab.close();

    lab = new CheckpointLab();
    await lab.open();
    await lab.killedAfter(['a', 'b']);
    await lab.broker.deleteRecords({ topic: CHECKPOINTS, partition: 0 }, 1_000);
    await lab.append('raw.interface', ['a']);
    const anew = await lab.start({ startAnew: true });
    await anew.settled();
    expect((await lab.outputs()).at(-1)).toBe('a=1 of 1 ticks 0');
  });

  it('refuses when the group’s offsets were moved by hand', async () => {
    const { thread } = await lab.killedAfter(['a', 'b']);
    await lab.commitOffsets(thread.group, (offset) =>
      offset.topic === 'raw.interface' ? { ...offset, offset: 1 } : offset,
    );
    expect(await refusal(await lab.start())).toMatch(/committed offset 1 of raw.interface\[0\].*ends at 2/);
  });

  it('refuses when records that it has to fold again are gone', async () => {
    await lab.killedAfter(['a', 'b', 'c']);
    await lab.broker.deleteRecords({ topic: 'raw.interface', partition: 0 }, 2);
    expect(await refusal(await lab.start())).toMatch(/cannot read raw.interface from 0 to 3.*retention/);
  });

  it('refuses when fewer records are there than it folded', async () => {
    await lab.killedAfter(['a', 'b', 'c']);
    const broker = lab.changed({
      async *readRange(partition, from, to) {
        for await (const batch of lab.broker.readRange(partition, from, to)) {
          const isRaw = partition.topic === 'raw.interface';
          yield { ...batch, records: batch.records.filter(({ offset }) => !isRaw || offset !== 1) };
        }
      },
    });
    expect(await refusal(await lab.start({ broker }))).toMatch(/3 records of raw.interface\[0\]/);
  });

  it('refuses a chunk that has changed', async () => {
    await lab.append('raw.interface', ['a']);
    const first = await lab.start();
    await first.settled();
    await first.thread.stop();
    const broker = lab.changed({
      async *readRange(partition, from, to) {
        for await (const batch of lab.broker.readRange(partition, from, to)) {
          const records = batch.records.map((record) =>
            record.key?.toString().startsWith('chunk/') === true
              ? { ...record, value: Buffer.from(record.value!.toString().replace('1', '2')) }
              : record,
          );
          yield { ...batch, records };
        }
      },
    });
    expect(await refusal(await lab.start({ broker }))).toMatch(/unit counts .* is damaged/);
  });

  it('refuses when it had folded a topic that is no input any more', async () => {
    await lab.append('inventory.device', ['device']);
    const first = await lab.start();
    await first.settled();
    await lab.kill(first);
    const second = await lab.start({ inputs: ['raw.interface', 'control.tick'] });
    expect(await refusal(second)).toMatch(/inventory.device is no input any more/);
  });
});
