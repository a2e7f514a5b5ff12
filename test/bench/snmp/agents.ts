/** Simulated switches in a process of their own. */
import { fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { SnmpCredential } from '../../../pipeline/model/secret.ts';
import { plainCredential, type PlainCredential } from './plain-credential.ts';
import { switchAddress } from './switch-mib.ts';

export interface AgentsOptions {
  readonly count: number;
  /** The same for all: they have an address each. */
  readonly port: number;
  /** The clock of the counters. */
  readonly startMs: number;
  readonly credential: PlainCredential;
  /** Longest answer. */
  readonly maxMessageBytes: number;
}

export interface Agents {
  readonly pid: number;
  readonly port: number;
  readonly startMs: number;
  /** Datagrams since the start. @throws Error when the process is gone. */
  counts(): Promise<AgentCounts>;
  stop(): Promise<void>;
}

export interface AgentCounts {
  readonly requests: number;
  readonly answers: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly sendErrors: number;
}

const PROCESS = new URL('agents-process.ts', import.meta.url);

export async function startAgents({
  count,
  credential,
  maxMessageBytes,
}: Pick<AgentsOptions, 'count' | 'maxMessageBytes'> & {
  readonly credential: SnmpCredential;
}): Promise<Agents> {
  const port = await freePort();
  const startMs = Date.now();
  const child = fork(PROCESS);
  const options: AgentsOptions = {
    count,
    port,
    startMs,
    credential: plainCredential(credential),
    maxMessageBytes,
  };
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the simulated agents ended with ${String(code)}`);
  });
  ended.catch(() => undefined);
  const ready = once(child, 'message');
  child.send(options);
  await Promise.race([ready, ended]);
  return {
    pid: child.pid!,
    port,
    startMs,
    async counts() {
      const answer = once(child, 'message');
      child.send({ kind: 'counts' });
      const [message] = (await Promise.race([answer, ended])) as [{ counts: AgentCounts }];
      return message.counts;
    },
    async stop() {
      child.disconnect();
      await ended.catch(() => undefined);
    },
  };
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, switchAddress(0));
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}
