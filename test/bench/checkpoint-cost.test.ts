/** The model of what checkpoints write, against checkpoints: bytes of units, to which manifests and keys come on top. */
import { describe, expect, it } from '@jest/globals';
import { LiveUnits } from '../../pipeline/runtime/checkpoint/live-units.ts';
import { bytesWritten } from './checkpoint-cost.ts';
import { leanTask } from './lean/lean-durability.ts';

const POLL_MS = 600_000;
/** Two hours' polls, so that hours turn: the cells that change are others then. */
const POLLS = 12;
/** A day of cells. */
const WARM_POLLS = 144;
/** More than a log may hold before units are rewritten to keep it short. */
const DEAD_BYTES = 17 << 20;

/** A small lean task and what its first checkpoint wrote, nothing changed since: the same for every call. */
async function checkpointed() {
  const { task, processor } = await leanTask({
    seed: 5,
    devices: 3,
    rowsPerDevice: 8,
    intervalMs: POLL_MS,
  });
  await task.warm(WARM_POLLS);
  const { live } = task.checkpoint();
  // A poll is folded while a checkpoint of this size is written.
  const since = processor.snapshot();
  while (since.left > 0) since.next();
  return { task, live };
}

/** The log with so many bytes more behind its units, of others that have been replaced. */
function aged(live: LiveUnits, deadBytes: number): LiveUnits {
  return new LiveUnits(live.values(), live.written + deadBytes);
}

/** By checkpoint, all before it included. */
async function modelled(pollsBetween: number, deadBytes: number): Promise<number[]> {
  const { task, live } = await checkpointed();
  const { changes } = task.changes(POLLS);
  return Array.from({ length: POLLS / pollsBetween }, (_, n) =>
    bytesWritten(aged(live, deadBytes), changes.slice(0, (n + 1) * pollsBetween), pollsBetween),
  );
}

async function written(pollsBetween: number, deadBytes: number): Promise<number[]> {
  const { task, live: first } = await checkpointed();
  let live = aged(first, deadBytes);
  let bytes = 0;
  const sums: number[] = [];
  await task.warm(pollsBetween);
  while (sums.length < POLLS / pollsBetween) {
    const checkpoint = task.checkpoint(live);
    ({ live } = checkpoint);
    bytes += checkpoint.bytes;
    sums.push(bytes);
    // The next poll was folded while the checkpoint was written.
    await task.warm(pollsBetween - 1);
  }
  return sums;
}

describe('bytesWritten', () => {
  it.each([1, 2, 3, 6])('is what checkpoints every %i polls write', async (pollsBetween) => {
    expect(await modelled(pollsBetween, 0)).toEqual(await written(pollsBetween, 0));
  });

  it.each([1, 2, 3, 6])('has what they rewrite to keep their log short, every %i polls', async (polls) => {
    const model = await modelled(polls, DEAD_BYTES);
    expect(model).toEqual(await written(polls, DEAD_BYTES));
    expect(model.at(-1)).toBeGreaterThan((await modelled(polls, 0)).at(-1)!);
  });
});
