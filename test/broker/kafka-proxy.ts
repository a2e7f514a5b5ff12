/** A TCP proxy before a broker that loses answers: what was asked is done, and nobody hears of it. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface LossyProxy {
  readonly port: number;
  /**
   * lossy: requests pass, and the first answer ends its connection instead. silent: requests pass, and no answer ever
   * comes. closed: no connection, now or later.
   */
  set(mode: 'open' | 'lossy' | 'silent' | 'closed'): void;
  stop(): Promise<void>;
}

export async function lossyProxy(to: { readonly host: string; readonly port: number }): Promise<LossyProxy> {
  const sockets = new Set<Socket>();
  let mode: Parameters<LossyProxy['set']>[0] = 'open';
  const server = createServer((client) => {
    if (mode === 'closed') return void client.destroy();
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
    client.pipe(upstream);
    upstream.on('data', (answer) => {
      if (mode === 'open') client.write(answer);
      else if (mode === 'lossy') upstream.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    set(next) {
      mode = next;
      if (mode === 'closed') cut();
    },
    async stop() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
