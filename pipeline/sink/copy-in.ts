/** One COPY ... FROM STDIN of bytes that are in memory already. */
import type { Socket } from 'node:net';
import type { ClientBase } from 'pg';
import { from } from 'pg-copy-streams';
import { cut, socketOf } from '../db/with-client.ts';

/** A COPY that neither sends nor receives a byte for so long has lost its server, or waits for a lock too long. */
const SILENCE_MS = 30_000;
const CHECKS = 4;

/**
 * Cuts the connection when nothing moves on it for `silenceMs`; 30 s unless told.
 * @throws the server's error, or the connection's when it is lost; the client is usable again after the former.
 */
export function copyIn(
  client: ClientBase,
  table: string,
  columns: readonly string[],
  chunks: readonly Buffer[],
  silenceMs = SILENCE_MS,
): Promise<number> {
  const names = columns.map((column) => `"${column}"`).join(', ');
  const unwatch = cutWhenSilent(client, silenceMs);
  return new Promise<number>((resolve, reject) => {
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
  }).finally(unwatch);
}

/** Returns what ends the watch. */
function cutWhenSilent(client: ClientBase, silenceMs: number): () => void {
  const socket = socketOf(client);
  // What the kernel has taken and given; bytes that only wait here are no progress.
  const moved = () => {
    const { bytesRead = 0, bytesWritten = 0 } = socket as Partial<Socket>;
    return bytesRead + bytesWritten - socket.writableLength;
  };
  let before = moved();
  let silentChecks = 0;
  const timer = setInterval(() => {
    const now = moved();
    silentChecks = now === before ? silentChecks + 1 : 0;
    before = now;
    if (silentChecks >= CHECKS) cut(client, `COPY made no progress for ${silenceMs} ms`);
  }, silenceMs / CHECKS);
  return () => clearInterval(timer);
}
