/**
 * A child process that cannot outlive Node: `sh` starts the program and holds the read end of a pipe whose other end
 * only Node has. However Node ends (return, throw, any signal, SIGKILL), the pipe closes and sh ends the program.
 *
 *   node --pipe--> sh --+--> program         SIGINT (PostgreSQL: fast shutdown), after `graceSeconds` SIGQUIT,
 *                       +--> watcher         2 s later SIGKILL; a temporary directory is removed then
 */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { RunAs } from './unprivileged-user.ts';

/** $1 = directory to remove afterwards (may be empty), $2 = seconds of grace, then the program and its arguments. */
const SUPERVISE = `
directory=$1 grace=$2; shift 2
"$@" </dev/null 3<&- & program=$!
trap 'asked=yes; kill -INT $program 2>/dev/null' TERM INT HUP
( end_by() { # again and again: a program that has just begun does not hear its first signals
    i=$(($2 * 20)); while [ $i -gt 0 ]; do kill -$1 $3 && sleep 0.05 && kill -0 $program || exit; i=$((i - 1)); done
  }
  read -r _ <&3
  end_by TERM $grace $$
  end_by QUIT 2 $program
  end_by KILL 1 $program
) </dev/null >/dev/null 2>&1 & watcher=$!
wait $program; code=$?
while kill -0 $program 2>/dev/null; do wait $program; code=$?; done
if [ -z "$asked" ]; then while kill $watcher 2>/dev/null; do sleep 0.05; done; fi
wait $watcher 2>/dev/null
if [ -n "$asked" ] && [ -n "$directory" ]; then rm -rf "$directory"; fi
exit $code`;

const LOG_TAIL = 20_000;

export interface SupervisedOptions {
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly runAs: RunAs | undefined;
  /** Removed once the program was asked to end and has ended, also when Node is long gone. */
  readonly removeAfterwards: string | undefined;
  readonly graceSeconds: number;
}

export interface SupervisedChild {
  /** The last 20 kB of the program's standard error. */
  tail(): string;
  /** Called with each new piece of standard error. */
  onOutput(listener: (tail: string) => void): void;
  /** Resolves with the exit code once the program and its supervisor are gone. */
  readonly exited: Promise<number>;
  /** Lets Node end (and so the program) although the program runs. */
  unref(): void;
  /** Asks the program to end and waits for it. */
  end(): Promise<void>;
}

/** Starts the program. */
export function supervisedChild(options: SupervisedOptions): SupervisedChild {
  const { command, cwd, environment, runAs, removeAfterwards = '', graceSeconds } = options;
  const child = spawn(
    '/bin/sh',
    ['-c', SUPERVISE, 'sh', removeAfterwards, String(graceSeconds), ...command],
    {
      cwd,
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      // A group of its own: Ctrl-C in the terminal must not stop the program before whoever uses it has finished.
      detached: true,
      ...(runAs && { uid: runAs.uid, gid: runAs.gid }),
    },
  );
  const lifeline = child.stdio[3] as Socket;
  // The supervisor may end first; then the pipe has nobody to read it.
  lifeline.on('error', () => undefined);
  const exited = exitCode(child);
  const listeners: ((tail: string) => void)[] = [];
  let tail = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-LOG_TAIL);
    for (const listener of listeners) listener(tail);
  });
  return {
    tail: () => tail,
    onOutput: (listener) => listeners.push(listener),
    exited,
    unref() {
      child.unref();
      (child.stderr as Socket | null)?.unref();
      lifeline.unref();
    },
    async end() {
      // Both: a program that has ended may have left children behind that hold its standard error a moment longer.
      child.ref();
      (child.stderr as Socket | null)?.ref();
      lifeline.destroy();
      await exited;
    },
  };
}

function exitCode(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('close', (code) => resolve(code ?? -1));
    child.once('error', () => resolve(-1));
  });
}
