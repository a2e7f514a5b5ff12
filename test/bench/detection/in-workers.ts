/** Tasks that know nothing of each other, on as many threads as there are cores; a thread of its own is outside of Jest, too. */
import { availableParallelism } from 'node:os';
import { parentPort, Worker } from 'node:worker_threads';

/**
 * Results in the order of the tasks. `module` answers them with `answerTasks`.
 * @throws what a task throws; the other threads end.
 */
export async function inWorkers<T, R>(
  module: URL,
  tasks: readonly T[],
  onDone: (task: T, result: R, done: number) => void,
): Promise<R[]> {
  const results = new Array<R>(tasks.length);
  const workers = Array.from(
    { length: Math.min(tasks.length, availableParallelism()) },
    () => new Worker(module),
  );
  let next = 0;
  let done = 0;
  try {
    await Promise.all(
      workers.map(
        (worker) =>
          new Promise<void>((resolve, reject) => {
            let task = -1;
            const give = (): void => {
              task = next;
              next += 1;
              if (task < tasks.length) worker.postMessage(tasks[task]);
              else resolve();
            };
            worker.on('error', reject);
            worker.on('message', (result: R) => {
              results[task] = result;
              done += 1;
              onDone(tasks[task]!, result, done);
              give();
            });
            give();
          }),
      ),
    );
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return results;
}

/** In a worker: `answer` gets one task after the other. */
export function answerTasks(answer: (task: never) => Promise<unknown>): void {
  const port = parentPort!;
  port.on('message', (task) => {
    void answer(task as never).then(
      (result) => port.postMessage(result),
      (error: unknown) => {
        // Uncaught, it ends the thread and reaches the other side as its error.
        setImmediate(() => {
          throw error;
        });
      },
    );
  });
}
