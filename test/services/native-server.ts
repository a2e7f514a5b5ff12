/** A server run from its own programs: ends with Node whatever happens to Node, can be killed and started again. */
import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import type { RunAs } from '../../pipeline/db/unprivileged-user.ts';
import { until } from '../support/until.ts';

/**
 * `sh` starts the program and tells its process id; a watcher reads a pipe that only Node holds open. When Node is
 * gone, in whatever way, the read ends: the program is killed and its folder removed. pipeline/db/supervised-child.ts
 * is the same with an orderly end, by SIGINT: a JVM does not hear that one in the background of a shell.
 */
const SUPERVISE = `
folder=$1; shift
"$@" </dev/null >&2 3<&- & program=$!
echo "pid $program" >&2
( read -r _ <&3
  kill -9 $program
  for try in 1 2 3 4 5 6 7 8 9; do rm -rf "$folder" && exit; sleep 0.2; done
) >/dev/null 2>&1 & watcher=$!
exec 3<&-
wait $program
kill $watcher 2>/dev/null`;

const READY_MS = 60_000;
const LOG_TAIL = 20_000;
/** PostgreSQL refuses to start while processes of a killed predecessor hold its shared memory. */
const START_ATTEMPTS = 20;

export interface NativeServerOptions {
  /** For messages: "kafka". */
  readonly name: string;
  /** Its working directory, removed with it. */
  readonly folder: string;
  readonly command: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
  readonly runAs?: RunAs | undefined;
  /** For an orderly end. */
  readonly stopSignal: 'SIGTERM' | 'SIGINT';
  /** Whether it answers; may throw for "no". */
  readonly answers: () => Promise<boolean>;
}

export interface NativeServer {
  /** Of the program itself: another one after a restart. */
  pid(): number;
  /** SIGKILL; data and ports stay for `restart`. */
  kill(): Promise<void>;
  /** An orderly end, unless it was killed, then a start with the same ports and data. */
  restart(): Promise<void>;
  /** Ends it and removes its data; safe twice. */
  stop(): Promise<void>;
}

/** Starts it and waits until it answers. @throws Error with what it printed. */
export async function nativeServer(options: NativeServerOptions): Promise<NativeServer> {
  const { name, folder } = options;

  async function remove(): Promise<void> {
    const removed = () => rm(folder, { recursive: true, force: true }).then(...yesNo);
    // PostgreSQL's processes notice the death of the first one and go, but not at once.
    await until(removed, `${name} to leave ${folder}`);
  }

  let running = await startUntilReady(options).catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  return {
    pid: () => running.pid,
    kill: () => running.end('SIGKILL'),
    async restart() {
      await running.end(options.stopSignal);
      running = await startUntilReady(options);
    },
    async stop() {
      await running.end('SIGKILL'); // nobody needs the data
      await remove();
    },
  };
}

const yesNo = [() => true, () => false] as const;

async function startUntilReady(options: NativeServerOptions): Promise<Running> {
  for (let attempt = 1; ; attempt += 1) {
    const running = await start(options);
    const ready = await untilReady(running, options).catch(async (error: unknown) => {
      await running.end('SIGKILL');
      throw error;
    });
    if (ready) return running;
    const printed = running.printed();
    if (attempt < START_ATTEMPTS && printed.includes('pre-existing shared memory block')) continue;
    const why = printed.includes('Address already in use') ? 'its port is in use' : printed.slice(-3_000);
    throw new Error(`${options.name} ended at its start: ${why}`);
  }
}

/** false = it ended before it answered. */
async function untilReady(running: Running, { name, answers }: NativeServerOptions): Promise<boolean> {
  const seen = { ready: false };
  await until(
    async () => {
      seen.ready = await answers().catch(() => false);
      return seen.ready || running.ended();
    },
    `${name} to answer`,
    READY_MS,
  );
  return seen.ready && !running.ended();
}

interface Running {
  readonly pid: number;
  /** The end of what it printed. */
  printed(): string;
  ended(): boolean;
  /** Sends the signal and waits until it is gone. */
  end(signal: NodeJS.Signals): Promise<void>;
}

async function start(options: NativeServerOptions): Promise<Running> {
  const { name, folder, command, environment = process.env, runAs } = options;
  const child = spawn('/bin/sh', ['-c', SUPERVISE, name, folder, ...command], {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    // A group of its own: Ctrl-C in a terminal reaches Node alone.
    detached: true,
    ...(runAs && { uid: runAs.uid, gid: runAs.gid }),
  });
  const stderr = child.stderr as Socket;
  const lifeline = child.stdio[3] as Socket;
  lifeline.on('error', () => undefined); // the watcher went first
  // Node may end while it runs; it ends with Node.
  for (const handle of [child, stderr, lifeline]) handle.unref();

  let printed = '';
  let pid: number | undefined;
  let ended = false;
  const onEnd = () => {
    ended = true;
    lifeline.destroy();
  };
  child.once('exit', onEnd).once('error', onEnd);
  stderr.setEncoding('utf8').on('data', (text: string) => {
    printed = (printed + text).slice(-LOG_TAIL);
    pid ??= Number(/^pid (\d+)\n/.exec(printed)?.[1]) || undefined;
  });
  await until(() => pid !== undefined || ended, `${name} to begin`);
  return {
    pid: pid!,
    printed: () => printed,
    ended: () => ended,
    async end(signal) {
      if (ended) return;
      process.kill(pid!, signal);
      // Not by its exit event: nothing else may keep Node running until then.
      await until(() => ended, `${name} to end after ${signal}`, READY_MS);
    },
  };
}
