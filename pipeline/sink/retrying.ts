/** Repeats work that needs the database or the registry, for as long as they are away. */
import { setTimeout as sleep } from 'node:timers/promises';
import { PermanentError, RetryableError } from '../model/errors.ts';
import { databaseFault, describe } from './database-fault.ts';

const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 5_000;

/** 100 ms, 200 ms, ... 5 s after the n-th failure in a row (from 0). */
export function backOffMs(failures: number): number {
  return Math.min(FIRST_BACKOFF_MS * 2 ** failures, LONGEST_BACKOFF_MS);
}

/**
 * Whether trying again may help.
 * @throws PermanentError when the database refuses the work as such; anything that is not its fault as it is.
 */
export function assertRetryable(error: unknown): asserts error is Error {
  if (error instanceof RetryableError) return;
  switch (databaseFault(error)) {
    case 'retry':
      return;
    case 'configuration':
      throw new PermanentError(
        `the database refuses the sink's work: ${describe(error)}; check database.url, the role's privileges ` +
          '(sql/grants.sql) and whether "netsigma migrate" was run',
        { cause: error },
      );
    case 'poison':
    case 'unknown':
      throw error;
  }
}

/** @throws what cannot be repeated, or the last error once `signal` has fired. */
export async function untilDone<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await work();
    } catch (error) {
      assertRetryable(error);
      if (signal.aborted) throw error;
      await sleep(backOffMs(failures), undefined, { signal }).catch(() => undefined);
    }
  }
}
