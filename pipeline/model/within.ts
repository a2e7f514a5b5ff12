/** Waits for work whose outcome does not matter, and not for ever. */
import { setTimeout as wait } from 'node:timers/promises';

/** @returns whether it has succeeded in time. */
export async function within(limitMs: number, work: Promise<unknown>): Promise<boolean> {
  const over = new AbortController();
  const done = work.then(
    () => true,
    () => false,
  );
  const late = wait(limitMs, false, { signal: over.signal }).catch(() => false);
  try {
    return await Promise.race([done, late]);
  } finally {
    over.abort();
  }
}
