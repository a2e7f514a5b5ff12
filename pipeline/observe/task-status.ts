/** What tasks tell of themselves, for /status, /readyz and the metrics. */
import type { Clock } from '../model/component.ts';
import type { StreamThread, TaskStatus } from '../runtime/stream-thread.ts';
import { seconds, wholeMs } from './durations.ts';
import type { Metrics } from './metrics.ts';

/** A task as /status shows it: one row, the same fields for each. */
export function taskStatus(
  subTopology: string,
  { lagMs, tickMs, restore, commitMs, checkpointAgeMs, checkpoint, checkpointed, ...task }: TaskStatus,
) {
  return {
    subTopology,
    ...task,
    // A task that restores has not begun to read: nobody knows its lag.
    lagRecords: task.state === 'restoring' ? null : task.lagRecords,
    lagSeconds: task.state === 'restoring' ? null : seconds(lagMs),
    time: tickMs === null ? null : new Date(tickMs),
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
export function tasksNotReady(subTopology: string, tasks: readonly TaskStatus[]): string[] {
  if (tasks.length === 0) return [`no task of ${subTopology} has started yet`];
  return tasks.flatMap(({ partition, state, restore }) => {
    switch (state) {
      case 'running':
        return [];
      case 'restoring':
        return [
          `task ${partition} of ${subTopology} is restoring${restore ? `: ${restore.done} of ${restore.total} records` : ''}`,
        ];
      case 'waiting':
        return [`task ${partition} of ${subTopology} waits to hear whether its partition is still ours`];
    }
  });
}

const STATES = ['restoring', 'running', 'waiting'] as const;

type Tasks = Pick<StreamThread, 'subTopology' | 'status' | 'tasks'>;

export function processGauges(metrics: Metrics, streams: readonly Tasks[], clock: Clock): void {
  /** A value for each sub-topology; none where it is undefined: what nobody knows is not 0. */
  const each = (of: (tasks: readonly TaskStatus[]) => number | undefined) => () =>
    streams.flatMap((stream) => {
      const value = of(stream.status());
      return value === undefined ? [] : [[value, stream.subTopology] as const];
    });
  metrics.tasks.readFrom(() =>
    streams.flatMap((stream) => {
      const tasks = stream.status();
      return STATES.map(
        (state) =>
          [total(tasks, (task) => (task.state === state ? 1 : 0)), stream.subTopology, state] as const,
      );
    }),
  );
  // A task that restores has not begun to read, and no task at all says nothing about the partitions.
  const reading = (tasks: readonly TaskStatus[]) => tasks.filter(({ state }) => state !== 'restoring');
  const whenReading = (of: (tasks: readonly TaskStatus[]) => number) =>
    each((tasks) => (reading(tasks).length === 0 ? undefined : of(reading(tasks))));
  metrics.taskLagRecords.readFrom(whenReading((tasks) => total(tasks, ({ lagRecords }) => lagRecords)));
  metrics.taskLag.readFrom(whenReading((tasks) => largest(tasks, ({ lagMs }) => lagMs) / 1000));
  metrics.taskTimeLag.readFrom(
    each((tasks) => {
      const behind = reading(tasks).flatMap(({ tickMs }) => (tickMs === null ? [] : clock() - tickMs));
      return behind.length === 0 ? undefined : Math.max(0, ...behind) / 1000;
    }),
  );
  metrics.checkpointAge.readFrom(each((tasks) => largest(tasks, (task) => task.checkpointAgeMs) / 1000));
  metrics.checkpointPause.readFrom(
    each((tasks) => largest(tasks, ({ checkpoint }) => checkpoint?.pauseMs ?? null) / 1000),
  );
  metrics.checkpointBytes.readFrom(() =>
    streams.flatMap((stream) => {
      const tasks = stream.status();
      const live = total(tasks, ({ checkpointed }) => checkpointed.liveBytes);
      const all = total(tasks, ({ checkpointed }) => checkpointed.logBytes);
      return [[live, stream.subTopology, 'live'] as const, [all - live, stream.subTopology, 'dead'] as const];
    }),
  );
  metrics.stateEntities.readFrom(each((tasks) => total(tasks, ({ entities }) => entities)));
  metrics.stateBytes.readFrom(() => streams.flatMap((stream) => [...stateBytes(stream)]));
}

function total(tasks: readonly TaskStatus[], of: (task: TaskStatus) => number): number {
  return tasks.reduce((sum, task) => sum + of(task), 0);
}

function largest(tasks: readonly TaskStatus[], of: (task: TaskStatus) => number | null): number {
  return Math.max(0, ...tasks.map((task) => of(task) ?? 0));
}

function stateBytes({ tasks }: Tasks): Iterable<readonly [number, string]> {
  const bytes = new Map<string, number>();
  for (const { processor } of tasks.values()) {
    for (const [stage, size] of processor.state.bytesByStage())
      bytes.set(stage, (bytes.get(stage) ?? 0) + size);
  }
  return [...bytes].map(([stage, size]) => [size, stage] as const);
}
