/** What the garbage collector does while something runs: V8's own account, as `node --trace-gc` prints it. */
import { setImmediate } from 'node:timers/promises';
import { PerformanceObserver } from 'node:perf_hooks';

export interface Garbage {
  readonly collections: number;
  readonly ms: number;
}

/** Runs `work` and tells of the collections in it. */
export async function garbageOf(work: () => void): Promise<Garbage> {
  let collections = 0;
  let ms = 0;
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      collections += 1;
      ms += duration;
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  work();
  // Entries are handed over when the event loop turns.
  await setImmediate();
  await setImmediate();
  observer.disconnect();
  return { collections, ms };
}
