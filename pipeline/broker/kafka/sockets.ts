/**
 * The sockets of one kafkajs client, so that its end is certain: while kafkajs disconnects it waits for every answer
 * (without its time limit), and whoever asks for something meanwhile opens a new socket beside the one that is ending,
 * which nobody closes any more.
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ISocketFactory } from 'kafkajs';

const KEEP_ALIVE_MS = 60_000;

/** Ends the messages of connections that were closed here. */
export const CLOSED_BY_US = 'its client was closed';

/** Of each connection, with the broker's host:port. */
export interface SocketEvents {
  /** The first bytes have come. */
  readonly answered: (broker: string) => void;
  /** The other side has ended it before that: a broker that is ending, or a proxy without one behind it. */
  readonly endedUnanswered: (broker: string) => void;
}

export class Sockets {
  readonly #open = new Set<Socket>();
  readonly #events: SocketEvents;
  #isClosed = false;

  constructor(events: SocketEvents) {
    this.#events = events;
  }

  /** For kafkajs: as its own one, until `close`. */
  readonly factory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    if (this.#isClosed) throw new Error(CLOSED_BY_US);
    const servername = isIP(host) === 0 ? { servername: host } : {};
    // kafkajs hands over undefined where its types say that there are options.
    const tls = ssl as typeof ssl | undefined;
    const socket = tls
      ? connectTls({ host, port, ...servername, ...tls }, onConnect)
      : connectTcp({ host, port }, onConnect);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    this.#open.add(socket);
    const broker = `${host}:${port}`;
    const ended = () => this.#events.endedUnanswered(broker);
    socket.once('end', ended);
    socket.once('data', () => {
      socket.off('end', ended);
      this.#events.answered(broker);
    });
    socket.once('close', () => this.#open.delete(socket));
    return socket;
  };

  /** Nothing is sent any more, no answer is waited for, and nothing connects again. */
  close(): void {
    this.#isClosed = true;
    for (const socket of this.#open) socket.destroy(new Error(CLOSED_BY_US));
  }
}
