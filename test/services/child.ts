/** Child processes of tests that end with the test process, however that ends. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Child {
  /** Ends it and waits until it is gone; safe twice. */
  stop(): Promise<void>;
}

/**
 * The supervisor reads a pipe that only this process holds open: when this process is gone, even by SIGKILL, the read
 * ends and so does the child.
 */
const SUPERVISOR = '"$@" </dev/null & child=$!; cat >/dev/null; kill "$child" 2>/dev/null; wait "$child"';

/** Starts `command`, with PATH completed by the system folders. */
export function startChild(command: readonly string[], env: Readonly<Record<string, string>> = {}): Child {
  const supervisor = spawn('sh', ['-c', SUPERVISOR, 'supervisor', ...command], {
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { ...process.env, PATH: systemPath(), ...env },
  });
  const ended = once(supervisor, 'exit');
  return {
    async stop() {
      supervisor.stdin.end();
      await ended;
    },
  };
}

/** PATH with the folders of system programs, which users other than root often lack. */
export function systemPath(): string {
  return `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
}
