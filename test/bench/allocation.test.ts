/**
 * What folding leaves to the garbage collector in steady state, on V8's heap, of one poll of one entity. Whatever its
 * size: the decoded envelope's texts, the handles of the two records that are sent (their bytes lie in slabs outside
 * the heap), iterators and closures of the codec. By row: two longs that the record's writer boxes, 16 bytes each. The
 * least object that a stage could make a row is 24 bytes, and a number boxed for each judged metric is 160.
 *
 * Two sizes are folded in a process each, and what they differ by is what rows cost. V8 optimises when it wants to: the
 * polls that count are those with all code optimised, the leanest tenth.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { AllocationRun, PollAllocation } from './allocation-run.ts';

const FEW = 32;
const MANY = 96;
const MAX_BYTES_PER_ROW = 50;
const MAX_BYTES_PER_POLL = 8_000;
/** A published cell is an object of 18 fields, most of them numbers with a place of their own on the heap. */
const MAX_BYTES_PER_CELL = 1_000;
const JUDGED_METRICS = 10;
const TIMEOUT_MS = 240_000;

let few: AllocationRun;
let many: AllocationRun;

async function runOf(rowsPerEntity: number): Promise<AllocationRun> {
  const script = new URL('./allocation-run.ts', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [script, String(rowsPerEntity)]);
  return JSON.parse(stdout) as AllocationRun;
}

beforeAll(async () => {
  [few, many] = await Promise.all([runOf(FEW), runOf(MANY)]);
}, TIMEOUT_MS);

/** Without what an hour's turn publishes: a metric and a deviation record of each entity. */
function ordinaryPolls({ polls, entities }: AllocationRun): PollAllocation[] {
  return polls.filter(({ sent }) => sent === 2 * entities);
}

/** The value that a tenth of them does not exceed. */
function leanest(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 10)]!;
}

/** Bytes that `of` comes to in each poll of an entity. */
function bytesPerPoll(run: AllocationRun, of: 'bytes' | 'bytesOfRowObjects' = 'bytes'): number {
  return leanest(ordinaryPolls(run).map((poll) => poll[of] / run.entities));
}

describe('allocation in steady state', () => {
  it('is measured: an object a row is seen', () => {
    for (const run of [few, many]) {
      expect(run.refused).toBe(0);
      expect(ordinaryPolls(run).length).toBeGreaterThan(run.polls.length / 2);
    }
    const perRow =
      (bytesPerPoll(many, 'bytesOfRowObjects') - bytesPerPoll(few, 'bytesOfRowObjects')) / (MANY - FEW);
    expect(perRow).toBeGreaterThanOrEqual(24);
  });

  it(`is less than ${MAX_BYTES_PER_ROW} bytes a row: no object, and no number of a judged metric`, () => {
    const perRow = (bytesPerPoll(many) - bytesPerPoll(few)) / (MANY - FEW);
    expect(perRow).toBeLessThan(MAX_BYTES_PER_ROW);
  });

  it(`is less than ${MAX_BYTES_PER_POLL} bytes a poll of ${FEW} rows`, () => {
    expect(bytesPerPoll(few)).toBeGreaterThan(0);
    expect(bytesPerPoll(few)).toBeLessThan(MAX_BYTES_PER_POLL);
  });

  it(`is less than ${MAX_BYTES_PER_CELL} bytes for each cell that is published when an hour is over`, () => {
    const turns = many.polls.filter(({ sent }) => sent > 2 * many.entities);
    expect(turns.length).toBeGreaterThan(0);
    // The hour of the day and the hour of the week of each series.
    const cells = many.entities * MANY * JUDGED_METRICS * 2;
    const perCell = leanest(turns.map(({ bytes }) => bytes / cells));
    expect(perCell).toBeGreaterThan(0);
    expect(perCell).toBeLessThan(MAX_BYTES_PER_CELL);
  });
});
