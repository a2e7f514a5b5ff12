/** A TCP proxy before a server: cut it off, break its answers off, let it back. */
import { tcpRelay, type Endpoint } from './tcp-relay.ts';

export interface TcpProxy {
  readonly port: number;
  /** open: bytes pass. closed: connections end at once. broken: requests pass, an answer ends after its first bytes. */
  mode: 'open' | 'closed' | 'broken';
  /** Connections so far. */
  readonly connections: number;
  stop(): Promise<void>;
}

const BROKEN_BYTES = 20;

export async function tcpProxy(to: Endpoint): Promise<TcpProxy> {
  const proxy = { mode: 'open' as TcpProxy['mode'], connections: 0 };
  const { port, stop } = await tcpRelay(to, (client, upstream) => {
    proxy.connections += 1;
    if (proxy.mode === 'closed') return void client.destroy();
    client.pipe(upstream);
    if (proxy.mode === 'open') upstream.pipe(client);
    else {
      upstream.once('data', (data) =>
        client.write(data.subarray(0, BROKEN_BYTES), () => void client.destroy()),
      );
    }
  });
  return Object.assign(proxy, { port, stop });
}
