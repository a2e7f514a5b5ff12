/** A TCP port of 127.0.0.1 that nobody listens on. */
import { createServer } from 'node:net';

/**
 * Below the range that systems give to outgoing connections (32768 on Linux, 49152 elsewhere): while a server restarts
 * nobody else gets its port, and no client that keeps trying connects to itself.
 */
const LOWEST = 20_000;
const HIGHEST = 32_000;

export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (await isFree(port)) return port;
  }
}

export async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
