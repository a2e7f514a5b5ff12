/** Whether the configured database can be worked with, and what to do where it cannot. */
import type { Pool } from 'pg';
import { maskedUrl } from '../model/database-url.ts';
import { ConfigError, RetryableError } from '../model/errors.ts';

interface ConnectionError extends Error {
  readonly code?: string;
  /** Of an AggregateError, one for each address of the host. */
  readonly errors?: readonly Error[];
}

/**
 * Resolves when the database answers. `url` is that of the pool, for the message.
 * @throws ConfigError when the server refuses the user or has no such database; RetryableError when it is away.
 */
export async function assertReachable(pool: Pick<Pool, 'query'>, url: string): Promise<void> {
  try {
    await pool.query('SELECT');
  } catch (error) {
    // Of several addresses the first says enough; the AggregateError around them has no message.
    const cause = ((error as ConnectionError).errors?.[0] ?? error) as ConnectionError;
    const failed = `cannot connect to the database of database.url (${maskedUrl(url)}): ${cause.message}`;
    const { code = '' } = cause;
    // SQLSTATE class 28 is authorisation, 3D000 a database that is not there.
    if (code.startsWith('28')) {
      throw new ConfigError(`${failed}. Correct the user and the password, or the server's pg_hba.conf`, {
        cause,
      });
    }
    if (code === '3D000') {
      throw new ConfigError(`${failed}. Create it, or correct the name in the URL`, { cause });
    }
    throw new RetryableError(
      `${failed}. Start the server, or correct host and port; without a database.url an embedded server is used`,
      { cause },
    );
  }
}
