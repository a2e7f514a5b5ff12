/** A TCP proxy before PostgreSQL that cuts connections at a COMMIT: before the server sees it, or before its answer. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A Query message: type, length, text, NUL. */
const COMMIT = Buffer.from('COMMIT\0');

export interface CuttingProxy {
  /** The database's URL through the proxy. */
  readonly url: string;
  /** How the next COMMITs are cut, in order; then all pass. */
  readonly cuts: ('before' | 'after')[];
  stop(): Promise<void>;
}

export async function cuttingProxy(databaseUrl: string): Promise<CuttingProxy> {
  const to = new URL(databaseUrl);
  const port = Number(to.port);
  const cuts: ('before' | 'after')[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect({ host: to.hostname, port });
    let isCut = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (data) => {
      const cut = data.includes(COMMIT) ? cuts.shift() : undefined;
      if (cut === 'before') client.destroy();
      else {
        isCut = cut === 'after';
        upstream.write(data);
      }
    });
    upstream.on('data', (data) => {
      if (isCut) client.destroy();
      else client.write(data);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  to.port = String((server.address() as AddressInfo).port);
  return {
    url: to.href,
    cuts,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
