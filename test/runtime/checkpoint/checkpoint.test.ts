import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeManifest } from '../../../pipeline/runtime/checkpoint/manifest.ts';
import { until } from '../../support/until.ts';
import { CHECKPOINTS, CheckpointLab } from './checkpoint-lab.ts';

let lab: CheckpointLab;

beforeEach(async () => {
  lab = new CheckpointLab();
  await lab.open();
});
afterEach(() => lab.close());

describe('a task that never ran', () => {
  it('writes an empty manifest before anything else, and points to it', async () => {
    const { thread, settled } = await lab.start();
    await settled();
    expect(await lab.checkpointKeys()).toEqual(['manifest']);
    const [committed] = await lab.broker.committedOffsets(thread.group, ['raw.interface']);
    expect(committed).toMatchObject({ offset: 0, metadata: '{"manifest":0}' });
  });

  it('folds the inventory that is there first, whatever its append time, and without ticks', async () => {
    await lab.append('raw.interface', ['old', 'old']);
    lab.nowMs += 60_000;
    await lab.append('inventory.device', ['device']);
    const running = await lab.start();
    await running.settled();
    expect(await lab.outputs()).toEqual([
      'device=1 of 1 ticks 0',
      'old=1 of 2 ticks 0',
      'old=2 of 3 ticks 0',
    ]);
  });

  it('folds what comes to the inventory later in its turn', async () => {
    await lab.append('inventory.device', ['first']);
    const running = await lab.start();
    await running.settled();
    lab.nowMs += 12_000;
    await lab.append('inventory.device', ['second']);
    await lab.append('raw.interface', ['a']);
    await running.settled();
    expect((await lab.outputs()).toSorted()).toEqual([
      'a=1 of 3 ticks 0',
      'first=1 of 1 ticks 0',
      'second=1 of 2 ticks 0',
    ]);
  });
});

describe('a task that was killed', () => {
  it('goes on with the state that made its outputs, from the journal alone', async () => {
    await lab.killedAfter(['a', 'b', 'a']);
    lab.nowMs += 7_000;
    await lab.append('raw.interface', ['a']);
    const second = await lab.start();
    await second.settled();
    expect(await lab.outputs()).toEqual([
      'a=1 of 1 ticks 0',
      'b=1 of 2 ticks 0',
      'a=2 of 3 ticks 0',
      'a=3 of 4 ticks 1',
    ]);
  });

  it('goes on from a checkpoint and the journal behind it', async () => {
    await lab.append('inventory.device', ['device']);
    const first = await lab.start({ checkpointIntervalMs: 0 });
    await first.settled();
    for (const key of ['a', 'b', 'c']) {
      lab.nowMs += 5_000;
      await lab.append('raw.interface', [key]);
      await first.settled();
    }
    await lab.kill(first);
    await lab.append('raw.interface', ['a']);
    const second = await lab.start();
    await second.settled();
    expect((await lab.outputs()).at(-1)).toBe('a=2 of 5 ticks 2');
  });

  it('folds in the order of the journal, also where append times say otherwise', async () => {
    lab.nowMs += 10_000;
    await lab.append('raw.interface', ['a']);
    const first = await lab.start();
    await first.settled();
    // Another broker leads this partition, and its clock is behind.
    lab.nowMs -= 10_000;
    await lab.append('inventory.device', ['device']);
    await first.settled();
    await lab.append('raw.interface', ['a']);
    await first.settled();
    const before = await lab.outputs();
    await lab.kill(first);
    await lab.append('raw.interface', ['device']);
    const second = await lab.start();
    await second.settled();
    expect(before).toEqual(['a=1 of 1 ticks 0', 'device=1 of 2 ticks 0', 'a=2 of 3 ticks 0']);
    expect((await lab.outputs()).at(-1)).toBe('device=2 of 4 ticks 0');
  });

  it('finds its manifest when the pointer to it is lost', async () => {
    const { thread } = await lab.killedAfter(['a', 'b']);
    await lab.commitOffsets(thread.group, (offset) => ({ ...offset, metadata: '' }));
    await lab.append('raw.interface', ['a']);
    const second = await lab.start();
    await second.settled();
    expect((await lab.outputs()).at(-1)).toBe('a=2 of 3 ticks 0');
  });

  it('goes on exactly where its outputs end when its committed offsets have expired', async () => {
    await lab.killedAfter(['a', 'b']);
    await lab.append('raw.interface', ['a']);
    const second = await lab.start({ broker: lab.changed({ committedOffsets: async () => [] }) });
    await second.settled();
    expect(await lab.outputs()).toEqual(['a=1 of 1 ticks 0', 'b=1 of 2 ticks 0', 'a=2 of 3 ticks 0']);
  });

  it('folds again by another version, and tells of it, also what has nothing to reconcile', async () => {
    await lab.killedAfter(['a', 'b']);
    let refolded = 0;
    const observer = { refoldedByAnotherVersion: (records: number) => void (refolded += records) };
    const second = await lab.start({ foldVersion: 'two', observer, reconciled: false });
    await lab.append('raw.interface', ['a']);
    await second.settled();
    expect({ refolded, failures: second.failures }).toEqual({ refolded: 2, failures: [] });
    expect((await lab.outputs()).slice(2)).toEqual(['a=2 of 3 ticks 0']);
  });

  it('tells when another fold version has to fold again what the earlier one sent', async () => {
    await lab.killedAfter(['a', 'b']);
    let refolded = 0;
    const observer = { refoldedByAnotherVersion: (records: number) => void (refolded += records) };
    const second = await lab.start({ foldVersion: 'two', observer });
    await second.settled();
    expect(refolded).toBe(2);
    const sent = 'a=1 of 1 ticks 0, b=1 of 2 ticks 0';
    await until(async () => (await lab.outputs()).length === 3, 'what was reconciled');
    expect((await lab.outputs())[2]).toBe(`sent [${sent}] refolded [${sent}]`);
  });

  it('reconciles what was sent since the checkpoint, not before, and checkpoints at once', async () => {
    const first = await lab.start({ checkpointIntervalMs: 0 });
    await lab.append('raw.interface', ['a']);
    await first.settled();
    await first.thread.stop();
    const second = await lab.start();
    await lab.append('raw.interface', ['b']);
    await second.settled();
    await lab.kill(second);
    const third = await lab.start({ foldVersion: 'two' });
    const sent = 'b=1 of 2 ticks 0';
    await until(async () => (await lab.outputs()).length === 3, 'what was reconciled');
    expect((await lab.outputs())[2]).toBe(`sent [${sent}] refolded [${sent}]`);
    await until(
      async () => (await lab.checkpointKeys()).at(-1) === 'manifest',
      'the checkpoint of version two',
    );
    await lab.kill(third);
    const fourth = await lab.start({ foldVersion: 'two' });
    await lab.append('raw.interface', ['c']);
    await fourth.settled();
    expect(await lab.outputs()).toHaveLength(4);
  });

  it('begins a new input at its beginning', async () => {
    await lab.append('raw.interface', ['a']);
    const first = await lab.start({ inputs: ['raw.interface', 'control.tick'] });
    await first.settled();
    await lab.kill(first);
    await lab.append('inventory.device', ['device']);
    const second = await lab.start();
    await second.settled();
    expect(await lab.outputs()).toEqual(['a=1 of 1 ticks 0', 'device=1 of 2 ticks 0']);
  });
});

describe('a task that was stopped', () => {
  it('has checkpointed: nothing is folded again', async () => {
    await lab.append('raw.interface', ['a', 'b']);
    const first = await lab.start();
    await first.settled();
    await first.thread.stop();
    expect(await lab.checkpointKeys()).toEqual(['chunk/counts/0', 'manifest']);
    let refolded = 0;
    const observer = { refoldedByAnotherVersion: (records: number) => void (refolded += records) };
    const second = await lab.start({ foldVersion: 'two', observer });
    await lab.append('raw.interface', ['a']);
    await second.settled();
    expect(refolded).toBe(0);
    expect((await lab.outputs()).at(-1)).toBe('a=2 of 3 ticks 0');
  });

  it('does not checkpoint again what a checkpoint holds', async () => {
    await lab.append('raw.interface', ['a']);
    const first = await lab.start({ checkpointIntervalMs: 0 });
    await first.settled();
    const before = (await lab.records(CHECKPOINTS)).at(-1)!.offset;
    await first.thread.stop();
    expect((await lab.records(CHECKPOINTS)).at(-1)!.offset).toBe(before);
  });
});

describe('the checkpoint partition', () => {
  it('keeps nothing below what the last manifest needs', async () => {
    const first = await lab.start({ checkpointIntervalMs: 0 });
    for (const key of ['a', 'b', 'c']) {
      await lab.append('raw.interface', [key]);
      await first.settled();
    }
    await until(async () => (await lab.checkpointKeys()).length === 2, 'older checkpoints to be deleted');
    expect(await lab.checkpointKeys()).toEqual(['chunk/counts/0', 'manifest']);
  });
});

describe('a checkpoint of an older format', () => {
  it('is read, and nothing of it is needed after the next one', async () => {
    const value = Buffer.from(JSON.stringify({ counts: { a: 5 }, ticks: 2 }));
    const manifest = {
      ...{ format: 1, kind: 'full', id: 'old', fold_version: 'one', inputs: {}, preload: {} },
      ...{ last_tick_ms: null, from: 0, sent_up_to: null, entities: 0, rows: 0, columns: [] },
      chunks: [{ name: 'objects', bytes: value.length, records: 1, crc32: crc32(value) }],
    };
    const producer = lab.broker.producer();
    await producer.start();
    const to = { topic: CHECKPOINTS, partition: 0 };
    await producer.send([
      { ...to, key: Buffer.from('chunk/old/objects/0'), value },
      { ...to, key: Buffer.from('manifest'), value: Buffer.from(JSON.stringify(manifest)) },
    ]);
    await producer.stop();
    const first = await lab.start();
    await lab.append('raw.interface', ['a']);
    await first.settled();
    await first.thread.stop();
    expect(await lab.outputs()).toEqual(['a=6 of 6 ticks 2']);
    const last = (await lab.records(CHECKPOINTS)).at(-1)!;
    const { units } = decodeManifest(last.value!, 'the test', last.offset);
    expect(units.map(([name]) => name)).toEqual(['counts']);
  });
});
