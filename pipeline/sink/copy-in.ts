/** One COPY ... FROM STDIN of bytes that are in memory already. */
import type { ClientBase } from 'pg';
import { from } from 'pg-copy-streams';

/** @throws the server's error, or the connection's when it is lost; the client is usable again after the former. */
export function copyIn(
  client: ClientBase,
  table: string,
  columns: readonly string[],
  chunks: readonly Buffer[],
): Promise<number> {
  const names = columns.map((column) => `"${column}"`).join(', ');
  return new Promise((resolve, reject) => {
    const stream = client.query(from(`COPY "${table}" (${names}) FROM STDIN (FORMAT binary)`));
    stream.once('finish', () => resolve(stream.rowCount));
    stream.on('error', (error) => {
      // Forgets what is not sent yet: the stream would write it to a connection that it no longer has.
      stream.destroy();
      reject(error);
    });
    // No waiting for 'drain': the bytes are in memory whether they are queued here or not.
    for (const chunk of chunks) stream.write(chunk);
    stream.end();
  });
}
