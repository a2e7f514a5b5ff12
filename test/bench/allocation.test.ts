/**
 * What folding leaves to the garbage collector in steady state, on V8's heap, of one poll of one entity of 96 rows, with
 * its share of the 60 ticks between two polls: 12 KB, and 3 KB for the window of totals that each of these polls closes.
 * The decoded envelope's texts, the handles of the records that are sent (their bytes lie in slabs outside the heap),
 * iterators and closures of the codec, an object a total, and two longs a row that the record's writer boxes, 16 bytes
 * each. An object a row is 2.3 KB and more, a number boxed once a judged metric 15 KB: either is beyond the bound.
 *
 * Folded in a process without Jest's contexts, in which V8 does not optimise as in production, and with its compiler on
 * the main thread: beside it, what is inlined (and so what is boxed) depends on timing, and differs from run to run. The
 * polls that count are those with all code optimised, the leanest tenth.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { AllocationRun, PollAllocation } from './allocation-run.ts';

const ROWS = 96;
const MAX_BYTES_PER_POLL = 16_500;
/** The least object that a stage could make a row. */
const LEAST_OBJECT_BYTES = 24;
/** A published cell is an object of 18 fields, most of them numbers with a place of their own on the heap. */
const MAX_BYTES_PER_CELL = 1_000;
const JUDGED_METRICS = 10;
const TIMEOUT_MS = 240_000;

let run: AllocationRun;

beforeAll(async () => {
  const script = new URL('./allocation-run.ts', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--no-concurrent-recompilation',
    script,
    String(ROWS),
  ]);
  run = JSON.parse(stdout) as AllocationRun;
}, TIMEOUT_MS);

/** Without what an hour's turn publishes: a metric and a deviation record of each entity. */
function ordinaryPolls(): PollAllocation[] {
  return run.polls.filter(({ sent }) => sent === 2 * run.entities);
}

/** The value that a tenth of them does not exceed. */
function leanest(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 10)]!;
}

/** Bytes that `of` comes to in each poll of an entity. */
function bytesPerPoll(of: 'bytes' | 'bytesOfRowObjects'): number {
  return leanest(ordinaryPolls().map((poll) => poll[of] / run.entities));
}

describe('allocation in steady state', () => {
  it('is measured: an object a row is seen', () => {
    expect(run.refused).toBe(0);
    expect(ordinaryPolls().length).toBeGreaterThan(run.polls.length / 2);
    expect(bytesPerPoll('bytesOfRowObjects')).toBeGreaterThanOrEqual(ROWS * LEAST_OBJECT_BYTES);
  });

  it(`is less than ${MAX_BYTES_PER_POLL} bytes a poll of ${ROWS} rows: no object a row`, () => {
    expect(bytesPerPoll('bytes')).toBeGreaterThan(0);
    expect(bytesPerPoll('bytes')).toBeLessThan(MAX_BYTES_PER_POLL);
  });

  it(`is less than ${MAX_BYTES_PER_CELL} bytes for each cell that is published when an hour is over`, () => {
    const turns = run.polls.filter(({ sent }) => sent > 2 * run.entities);
    expect(turns.length).toBeGreaterThan(0);
    // The hour of the day and the hour of the week of each series.
    const cells = run.entities * ROWS * JUDGED_METRICS * 2;
    const perCell = leanest(turns.map(({ bytes }) => bytes / cells));
    expect(perCell).toBeGreaterThan(0);
    expect(perCell).toBeLessThan(MAX_BYTES_PER_CELL);
  });
});
