/** Waiting for a condition in tests: no fixed sleeps, and a failure that says what was awaited. */
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 5;

/**
 * Resolves once `condition` holds, asked every 5 ms.
 * @throws Error naming `what` when it does not hold within `timeoutMs`.
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = 10_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for: ${what}`);
    await sleep(POLL_MS);
  }
}
