/** A bench's part in a process of its own: fresh memory, its own CPU time. Ends with the run. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { BenchContext } from './bench.ts';

export interface BenchChild<Ask, Answer extends { readonly kind: string }> {
  readonly process: ChildProcess;
  ask(question: Ask): void;
  /** The next answer of this kind. @throws Error with what it printed when it ends before. */
  answer<K extends Answer['kind']>(kind: K): Promise<Extract<Answer, { kind: K }>>;
  /** Waits until it has ended by itself. */
  ended(): Promise<void>;
  kill(): Promise<void>;
}

/** Runs `module` with `options` as JSON in its first argument. */
export function benchChild<Ask, Answer extends { readonly kind: string }>(
  context: BenchContext,
  module: URL,
  options: object,
  nodeOptions: readonly string[] = [],
): BenchChild<Ask, Answer> {
  const child = fork(module, [JSON.stringify(options)], {
    execArgv: [...nodeOptions],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let printed = '';
  child.stderr!.on('data', (chunk: Buffer) => (printed = (printed + chunk.toString()).slice(-4_000)));
  const gone = once(child, 'close');
  const answers: Answer[] = [];
  const waiting: { kind: string; resolve: (answer: Answer) => void; reject: (error: Error) => void }[] = [];
  child.on('message', (message) => {
    const answer = message as Answer;
    const at = waiting.findIndex(({ kind }) => kind === answer.kind);
    if (at >= 0) waiting.splice(at, 1)[0]!.resolve(answer);
    else answers.push(answer);
  });
  const kill = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await gone;
  };
  void gone.then(() => {
    for (const { kind, reject } of waiting.splice(0))
      reject(new Error(`a bench's process ended without "${kind}" (code ${child.exitCode}): ${printed}`));
  });
  context.onEnd(kill);
  return {
    process: child,
    ask: (question) => void child.send(question as object),
    answer<K extends Answer['kind']>(kind: K) {
      const at = answers.findIndex((answer) => answer.kind === kind);
      if (at >= 0) return Promise.resolve(answers.splice(at, 1)[0] as Extract<Answer, { kind: K }>);
      return new Promise<Extract<Answer, { kind: K }>>((resolve, reject) => {
        waiting.push({ kind, reject, resolve: (answer) => resolve(answer as Extract<Answer, { kind: K }>) });
      });
    },
    async ended() {
      await gone;
    },
    kill,
  };
}

/** In such a process: its options. It ends when its parent is gone. */
export function childOptions(): unknown {
  process.once('disconnect', () => process.exit());
  return JSON.parse(process.argv[2]!);
}

/** In such a process. */
export function tell(answer: object): void {
  process.send!(answer);
}
