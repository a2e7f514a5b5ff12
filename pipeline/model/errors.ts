/**
 * The three faults of the pipeline, told apart by what the caller does about them. Each message says what
 * failed, which value, and what to do next. Bad *input* is never one of these: it is an outcome (a dead letter).
 */

/** The configuration or the environment is wrong: the process exits with code 2 before it does any work. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** The outside world is away for now: wait `retryAfterMs` and try the same again. */
export class RetryableError extends Error {
  override readonly name = 'RetryableError';
  readonly retryAfterMs: number;

  constructor(message: string, options: { cause?: unknown; retryAfterMs?: number } = {}) {
    super(message, { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs ?? 1000;
  }
}

/** Trying again cannot help: the component stops and the process ends with code 1. */
export class PermanentError extends Error {
  override readonly name = 'PermanentError';
}
