/** The end of a task that runs: its last commits and a checkpoint, within a time. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Log } from '../model/component.ts';
import type { TaskCommits } from './task-commits.ts';

/** How long the last commits may take while they go on, and how long one of them. */
const FINISH_MS = 20_000;
const STALL_MS = 4_000;

interface FinishDeps {
  readonly group: string;
  readonly partition: number;
  readonly log: Log;
}

/** A topic without room (its reader is stuck) must not hold up the end: what is not committed stays in the log. */
export async function finishInTime(
  commits: TaskCommits,
  { group, partition, log }: FinishDeps,
): Promise<void> {
  const finished = commits.finish();
  const startedMs = performance.now();
  try {
    for (let done = -1; done !== commits.count && performance.now() - startedMs < FINISH_MS;) {
      done = commits.count;
      const outcome = await Promise.race([finished, wait(STALL_MS, 'late' as const, { ref: false })]);
      if (outcome !== 'late') return;
    }
    // Its failure is what stopping the producer does to it.
    finished.catch(() => undefined);
    const afterMs = Math.round(performance.now() - startedMs);
    log.warn({ group, partition, afterMs }, 'a task did not end in time; the rest is done again');
  } catch (err) {
    log.warn({ group, partition, err }, 'a task could not commit its last work; it is done again');
  }
}
