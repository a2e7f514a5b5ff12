/** A TCP proxy before a server: cut it off, break its answers off, let it back. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface TcpProxy {
  readonly port: number;
  /** open: bytes pass. closed: connections end at once. broken: requests pass, an answer ends after its first bytes. */
  mode: 'open' | 'closed' | 'broken';
  /** Connections so far. */
  readonly connections: number;
  stop(): Promise<void>;
}

const BROKEN_BYTES = 20;

export async function tcpProxy(to: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const proxy = { mode: 'open' as TcpProxy['mode'], connections: 0 };
  const server = createServer((client) => {
    proxy.connections += 1;
    const upstream = connect(to);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    if (proxy.mode === 'closed') return void client.destroy();
    client.pipe(upstream);
    if (proxy.mode === 'open') upstream.pipe(client);
    else {
      upstream.once('data', (data) =>
        client.write(data.subarray(0, BROKEN_BYTES), () => void client.destroy()),
      );
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(proxy, {
    port: (server.address() as AddressInfo).port,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
