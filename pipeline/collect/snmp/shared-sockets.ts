/**
 * One UDP socket for all sessions of an address family, and a channel a session behind it. net-snmp takes an answer
 * from any address; a channel takes it only from the address and port that it asks, and only to a request that it
 * waits for, at the security level that it asked with.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { EventEmitter } from 'node:events';
import { isIPv6 } from 'node:net';
import type { Component, Log } from '../../model/component.ts';
import { ConfigError } from '../../model/errors.ts';
import { canonicalAddress } from '../address.ts';
import { readMessageHeader, REPORT_PDU, type MessageHeader } from './message-header.ts';
import type { DroppedDatagram, SnmpObserver } from './observer.ts';

/** Answers of many devices arrive together; the kernel takes what net.core.rmem_max allows of it. */
const RECEIVE_BUFFER_BYTES = 8 << 20;

/** Requests of a channel that are remembered after their end, so that a late answer is told from a stray one. */
const REMEMBERED = 32;

export interface SharedSocketsDeps {
  readonly listenAddress: string;
  readonly listenPort: number;
  readonly observer: Pick<SnmpObserver, 'dropped' | 'socketError'>;
  readonly log: Log;
}

type Family = 'udp4' | 'udp6';

export class SharedSockets implements Component {
  readonly name = 'snmp-sockets';
  readonly #deps: SharedSocketsDeps;
  readonly #channels = new Map<string, Set<SocketChannel>>();
  readonly #sockets = new Map<Family, Socket>();

  constructor(deps: SharedSocketsDeps) {
    this.#deps = deps;
  }

  /** @throws ConfigError when the listen address or port cannot be bound. */
  async start(): Promise<void> {
    const { listenAddress, listenPort } = this.#deps;
    const socket = this.#open(isIPv6(listenAddress) ? 'udp6' : 'udp4');
    await new Promise<void>((resolve, reject) => {
      const failed = (cause: Error): void => {
        const where = `UDP ${listenAddress} port ${listenPort}`;
        reject(new ConfigError(`cannot listen on ${where}: choose another collect.snmp.listen_*`, { cause }));
      };
      socket.once('error', failed);
      socket.bind(listenPort, listenAddress, () => {
        socket.off('error', failed);
        resolve();
      });
    });
  }

  async stop(): Promise<void> {
    const open = [...this.#sockets.values()];
    this.#sockets.clear();
    this.#channels.clear();
    await Promise.all(open.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
  }

  /** A channel to one agent. `address` is canonical; `minimumFlags` are the msgFlags that v3 answers must carry. */
  channel(address: string, port: number, minimumFlags: number): SocketChannel {
    const key = sourceKey(address, port);
    const family: Family = isIPv6(address) ? 'udp6' : 'udp4';
    const channel = new SocketChannel(minimumFlags, {
      socket: () => this.#sockets.get(family) ?? this.#open(family),
      dropped: (reason) => this.#deps.observer.dropped(reason),
      closed: () => this.#remove(key, channel),
    });
    const there = this.#channels.get(key);
    if (there === undefined) this.#channels.set(key, new Set([channel]));
    else there.add(channel);
    return channel;
  }

  #open(type: Family): Socket {
    const socket = createSocket({ type, recvBufferSize: RECEIVE_BUFFER_BYTES, lookup: literal });
    socket.on('message', (bytes, from) => this.#receive(bytes, from));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const code = error.code ?? 'unknown';
      this.#deps.observer.socketError(code);
      this.#deps.log.warn({ code, family: type }, 'snmp socket error');
    });
    this.#sockets.set(type, socket);
    return socket;
  }

  #remove(key: string, channel: SocketChannel): void {
    const channels = this.#channels.get(key);
    channels?.delete(channel);
    if (channels?.size === 0) this.#channels.delete(key);
  }

  #receive(bytes: Buffer, { address, port }: RemoteInfo): void {
    const { observer } = this.#deps;
    const channels =
      this.#channels.get(sourceKey(address, port)) ??
      // The kernel spells some IPv6 addresses otherwise.
      this.#channels.get(sourceKey(canonicalAddress(address) ?? address, port));
    if (channels === undefined) return observer.dropped('unknown_source');
    const header = readMessageHeader(bytes);
    if (header === undefined) return observer.dropped('garbage');
    let refusal: DroppedDatagram = 'unknown_request';
    for (const channel of channels) {
      const verdict = channel.receive(bytes, header);
      if (verdict === 'taken') return;
      if (verdict !== 'unknown_request') refusal = verdict;
    }
    observer.dropped(refusal);
  }
}

interface ChannelEnd {
  readonly socket: () => Socket;
  readonly dropped: (reason: DroppedDatagram) => void;
  readonly closed: () => void;
}

/** What net-snmp takes for a socket of its own. */
export class SocketChannel extends EventEmitter {
  /** An answer to a waiting request is of no use: `truncated_answer` or `malformed_answer`. */
  onUnusable: (reason: 'truncated_answer' | 'malformed_answer') => void = () => {};
  readonly #minimumFlags: number;
  readonly #end: ChannelEnd;
  readonly #waiting = new Set<number>();
  readonly #settled = new Map<number, 'late' | 'duplicate'>();

  constructor(minimumFlags: number, end: ChannelEnd) {
    super();
    this.#minimumFlags = minimumFlags;
    this.#end = end;
  }

  /** net-snmp's dgramModule: the session's socket is this channel. */
  createSocket(): this {
    return this;
  }

  send(
    bytes: Buffer,
    offset: number,
    length: number,
    port: number,
    address: string,
    callback: (error: Error | null) => void,
  ): void {
    const header = readMessageHeader(bytes);
    if (header !== undefined) this.#waiting.add(header.requestId);
    this.#end.socket().send(bytes, offset, length, port, address, callback);
  }

  receive(bytes: Buffer, header: MessageHeader): 'taken' | DroppedDatagram {
    const { requestId, version, flags, pdu, truncated } = header;
    if (!this.#waiting.has(requestId)) return this.#settled.get(requestId) ?? 'unknown_request';
    // RFC 3414 3.2: an answer has the security level of its request; only Reports may be sent below it. net-snmp
    // believes the flags of the answer, so without this anybody who guesses the id could leave authentication out.
    const protectedEnough = (flags & this.#minimumFlags) === this.#minimumFlags;
    if (version === 3 && !protectedEnough && pdu !== REPORT_PDU) return 'unauthenticated';
    this.#settle(requestId, 'duplicate');
    if (truncated) {
      this.#end.dropped('truncated');
      this.onUnusable('truncated_answer');
      return 'taken';
    }
    try {
      this.emit('message', bytes);
    } catch {
      // net-snmp trips over some answers; its error may hold the user's keys, so it goes nowhere.
      this.onUnusable('malformed_answer');
    }
    return 'taken';
  }

  /** Gives up every request that waits: answers from now on are late. */
  expire(): void {
    for (const requestId of this.#waiting) this.#settle(requestId, 'late');
  }

  close(): void {
    this.expire();
    this.#end.closed();
    this.emit('close');
  }

  // The socket belongs to all sessions: it stays open and bound whatever one of them wants.
  ref(): void {}
  unref(): void {}
  bind(): void {}

  #settle(requestId: number, as: 'late' | 'duplicate'): void {
    this.#waiting.delete(requestId);
    this.#settled.set(requestId, as);
    if (this.#settled.size > REMEMBERED) {
      const [oldest] = this.#settled.keys();
      if (oldest !== undefined) this.#settled.delete(oldest);
    }
  }
}

function sourceKey(address: string, port: number): string {
  return `${address} ${port}`;
}

/** Addresses are literal: without this, each datagram would wait for a resolver callback. */
function literal(
  address: string,
  _options: unknown,
  callback: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void {
  callback(null, address, isIPv6(address) ? 6 : 4);
}
