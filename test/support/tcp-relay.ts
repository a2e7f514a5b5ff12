/** A TCP server before another one: a connection to that for each client. What passes between the two is the caller's. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface TcpRelay {
  readonly port: number;
  /** Connected now. */
  readonly clients: ReadonlySet<Socket>;
  /** Ends all connections of now, on both sides. */
  cut(): void;
  stop(): Promise<void>;
}

/** `connected`: joins the two sockets of a new connection; the end of one ends the other. */
export async function tcpRelay(
  to: Endpoint,
  connected: (client: Socket, upstream: Socket) => void,
): Promise<TcpRelay> {
  const clients = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(to);
    clients.add(client);
    for (const socket of [client, upstream]) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        clients.delete(client);
        client.destroy();
        upstream.destroy();
      });
    }
    connected(client, upstream);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const client of clients) client.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    clients,
    cut,
    async stop() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
