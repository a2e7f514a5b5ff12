/**
 * A TCP proxy before PostgreSQL. It cuts connections at a COMMIT: before the server sees it, or before its answer.
 * And it freezes them: nothing passes any more, in no direction, and nobody is told.
 */
import type { Socket } from 'node:net';
import { tcpRelay } from '../support/tcp-relay.ts';

/** A Query message: type, length, text, NUL. */
const COMMIT = Buffer.from('COMMIT\0');

export interface CuttingProxy {
  /** The database's URL through the proxy. */
  readonly url: string;
  /** How the next COMMITs are cut, in order; then all pass. */
  readonly cuts: ('before' | 'after')[];
  /** Connections that send this are frozen from there on; new ones are not, unless they send it, too. */
  freezeAt: string | undefined;
  /** Freezes all connections of now. */
  freeze(): void;
  /** Connections that were frozen so far. */
  readonly frozen: number;
  stop(): Promise<void>;
}

export async function cuttingProxy(databaseUrl: string): Promise<CuttingProxy> {
  const to = new URL(databaseUrl);
  const cuts: ('before' | 'after')[] = [];
  const frozen = new WeakSet<Socket>();
  let freezeAt: string | undefined;
  let count = 0;
  const freeze = (client: Socket) => {
    frozen.add(client);
    count += 1;
  };
  const relay = await tcpRelay({ host: to.hostname, port: Number(to.port) }, (client, upstream) => {
    let isCut = false;
    client.on('data', (data) => {
      if (freezeAt !== undefined && data.includes(freezeAt)) freeze(client);
      if (frozen.has(client)) return;
      const cut = data.includes(COMMIT) ? cuts.shift() : undefined;
      if (cut === 'before') client.destroy();
      else {
        isCut = cut === 'after';
        upstream.write(data);
      }
    });
    upstream.on('data', (data) => {
      if (frozen.has(client)) return;
      if (isCut) client.destroy();
      else client.write(data);
    });
  });
  to.port = String(relay.port);
  return {
    url: to.href,
    cuts,
    get freezeAt() {
      return freezeAt;
    },
    set freezeAt(text) {
      freezeAt = text;
    },
    freeze() {
      for (const client of relay.clients) freeze(client);
    },
    get frozen() {
      return count;
    },
    stop: relay.stop,
  };
}
