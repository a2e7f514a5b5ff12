/** `netsigma` commands as processes of their own, as an operator starts them. */
import { spawn, type ChildProcess } from 'node:child_process';
import { until } from './until.ts';

const BIN = new URL('../../pipeline/bin.ts', import.meta.url).pathname;

export interface NetsigmaProcess {
  readonly child: ChildProcess;
  /** All that it wrote. */
  output(): string;
  /** Its exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Address of its status server, once it listens. */
  url(): Promise<string>;
  /** What /status says. */
  status<T>(): Promise<T>;
  /** Waits until it says that it is ready. */
  ready(): Promise<void>;
  /** SIGTERM. @returns its exit code. */
  stop(): Promise<number | null>;
}

const READY_MS = 60_000;

const running = new Set<ChildProcess>();

/** Ends what a failed test left behind. */
export function killProcesses(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** Logs as JSON, on a free HTTP port. */
export function netsigma(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): NetsigmaProcess {
  const child = spawn(process.execPath, [BIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NETSIGMA_HTTP_PORT: '0', NETSIGMA_LOG_FORMAT: 'json', ...env },
  });
  running.add(child);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  void ended.then(() => running.delete(child));
  const name = `netsigma ${args[0] ?? ''}`;
  const address = () => /"url":"(http:[^"]+)"/.exec(output)?.[1];

  const url = async (): Promise<string> => {
    await until(
      () => address() !== undefined || child.exitCode !== null,
      `${name} has a status address`,
      READY_MS,
    );
    const found = address();
    if (found === undefined) throw new Error(`${name} ended before it listened: ${output}`);
    return found;
  };

  return {
    child,
    output: () => output,
    ended,
    url,
    async status<T>() {
      return (await (await fetch(`${await url()}/status`)).json()) as T;
    },
    async ready() {
      const at = await url();
      let last = '';
      const isReady = async (): Promise<boolean> => {
        if (child.exitCode !== null) throw new Error(`${name} ended: ${output}`);
        const response = await fetch(`${at}/readyz`);
        last = await response.text();
        return response.ok;
      };
      await until(isReady, `${name} is ready`, READY_MS).catch((cause: unknown) => {
        throw new Error(`${name} is not ready: ${last}: ${output}`, { cause });
      });
    },
    async stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}
