/** Borrows a connection of the pool: the one way to do it that survives losing the connection. */
import type { Duplex } from 'node:stream';
import type { Client, ClientBase, Pool, PoolClient } from 'pg';

/**
 * Lends a connection; after an error it is not used again.
 * @param signal when it fires, the connection is cut and `work` fails: for those who cannot wait for the server.
 * @throws what `work` throws, and the pool's error when there is no connection.
 */
export async function withClient<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const client = await pool.connect();
  const onError = () => undefined; // the query that runs fails, too
  const onAbort = () => cut(client);
  client.on('error', onError);
  signal?.addEventListener('abort', onAbort);
  let failed = true;
  try {
    if (signal?.aborted) cut(client);
    const result = await work(client);
    failed = false;
    return result;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    client.off('error', onError);
    if (failed) discard(client);
    else client.release();
  }
}

/** Takes the connection out of its pool, without waiting for a server that may no longer answer. */
export function discard(client: PoolClient): void {
  client.release(true);
  socketOf(client).destroy();
}

/** Ends the connection now: its queries fail with ETIMEDOUT or as terminated. */
export function cut(client: ClientBase, reason = 'the connection was cut'): void {
  socketOf(client).destroy(Object.assign(new Error(reason), { code: 'ETIMEDOUT' }));
}

/** `pg` has it, its types only name it for clients outside of pools. */
export function socketOf(client: ClientBase): Duplex {
  return (client as ClientBase & Pick<Client, 'connection'>).connection.stream;
}
