/** What tasks tell of themselves, for /status, /readyz and the metrics. */
import type { StreamThread, TaskStatus } from '../runtime/stream-thread.ts';
import { seconds, wholeMs } from './durations.ts';
import type { Metrics } from './metrics.ts';

/** A task as /status shows it: one row, the same fields for each. */
export function taskStatus({
  lagMs,
  restore,
  commitMs,
  checkpointAgeMs,
  checkpoint,
  checkpointed,
  ...task
}: TaskStatus) {
  return {
    ...task,
    // A task that restores has not begun to read: nobody knows its lag.
    lagRecords: task.state === 'restoring' ? null : task.lagRecords,
    lagSeconds: task.state === 'restoring' ? null : seconds(lagMs),
    commitMs: wholeMs(commitMs),
    restoredRecords: restore?.done ?? null,
    recordsToRestore: restore?.total ?? null,
    checkpointAgeSeconds: seconds(checkpointAgeMs),
    checkpointBytes: checkpoint?.bytes ?? null,
    checkpointPauseMs: wholeMs(checkpoint?.pauseMs ?? null),
    checkpointLiveBytes: checkpointed.liveBytes,
    checkpointLogBytes: checkpointed.logBytes,
  };
}

/** Why the tasks are not ready, one sentence each; empty when they are. */
export function tasksNotReady(tasks: readonly TaskStatus[]): string[] {
  if (tasks.length === 0) return ['no task has started yet'];
  return tasks.flatMap(({ partition, state, restore }) => {
    switch (state) {
      case 'running':
        return [];
      case 'restoring':
        return [
          `task ${partition} is restoring${restore ? `: ${restore.done} of ${restore.total} records` : ''}`,
        ];
      case 'waiting':
        return [`task ${partition} waits to hear whether its partition is still ours`];
    }
  });
}

const STATES = ['restoring', 'running', 'waiting'] as const;

export function processGauges(
  metrics: Metrics,
  stream: Pick<StreamThread, 'status' | 'tasks'>,
  name: string,
): void {
  const total = (of: (task: TaskStatus) => number): number =>
    stream.status().reduce((sum, task) => sum + of(task), 0);
  const largestMs = (of: (task: TaskStatus) => number | null): number =>
    Math.max(0, ...stream.status().map((task) => of(task) ?? 0));
  metrics.tasks.readFrom(() =>
    STATES.map((state) => [total((task) => (task.state === state ? 1 : 0)), name, state] as const),
  );
  // A task that restores has not begun to read, and no task at all says nothing about the partitions.
  const reading = (): TaskStatus[] => stream.status().filter(({ state }) => state !== 'restoring');
  const whenReading = (value: () => number) => (reading().length === 0 ? [] : [[value(), name] as const]);
  metrics.taskLagRecords.readFrom(() =>
    whenReading(() => reading().reduce((sum, { lagRecords }) => sum + lagRecords, 0)),
  );
  metrics.taskLag.readFrom(() => whenReading(() => Math.max(...reading().map(({ lagMs }) => lagMs)) / 1000));
  metrics.checkpointAge.readFrom(() => [
    [largestMs(({ checkpointAgeMs }) => checkpointAgeMs) / 1000, name] as const,
  ]);
  metrics.checkpointPause.readFrom(() => [
    [largestMs(({ checkpoint }) => checkpoint?.pauseMs ?? null) / 1000, name] as const,
  ]);
  metrics.checkpointBytes.readFrom(() => [
    [total(({ checkpointed }) => checkpointed.liveBytes), name, 'live'] as const,
    [total(({ checkpointed }) => checkpointed.logBytes - checkpointed.liveBytes), name, 'dead'] as const,
  ]);
  metrics.stateEntities.readFrom(() => [[total(({ entities }) => entities)] as const]);
  metrics.stateBytes.readFrom(() => stateBytes(stream));
}

function stateBytes(stream: Pick<StreamThread, 'tasks'>): Iterable<readonly [number, string]> {
  const bytes = new Map<string, number>();
  for (const { processor } of stream.tasks.values()) {
    for (const [stage, size] of processor.state.bytesByStage())
      bytes.set(stage, (bytes.get(stage) ?? 0) + size);
  }
  return [...bytes].map(([stage, size]) => [size, stage] as const);
}
