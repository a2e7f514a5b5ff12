import { describe, expect, it } from '@jest/globals';
import { createMetrics } from '../../pipeline/observe/metrics.ts';
import { processGauges, taskStatus, tasksNotReady } from '../../pipeline/observe/task-status.ts';
import type { TaskStatus } from '../../pipeline/runtime/stream-thread.ts';

const running: TaskStatus = {
  partition: 3,
  state: 'running',
  entities: 5,
  rows: 40,
  lagRecords: 7,
  lagMs: 1_234,
  tickMs: 990_000,
  restore: null,
  commitMs: 8.5,
  checkpointAgeMs: 60_000,
  checkpoint: { bytes: 5_000, pauseMs: 7.4 },
  checkpointed: { liveBytes: 20_000, logBytes: 50_000 },
};
const restoring: TaskStatus = {
  ...running,
  partition: 4,
  state: 'restoring',
  lagMs: 0,
  restore: { done: 12, total: 300 },
  commitMs: null,
  checkpointAgeMs: null,
  checkpoint: null,
  checkpointed: { liveBytes: 0, logBytes: 0 },
};

const NOW_MS = 1_000_000;
const stream = (subTopology: string, tasks: readonly TaskStatus[]) => ({
  subTopology,
  status: () => [...tasks],
  tasks: new Map(),
});

describe('the status of tasks', () => {
  it('has the same fields for each, times in seconds', () => {
    expect(taskStatus('entity', running)).toEqual({
      subTopology: 'entity',
      partition: 3,
      state: 'running',
      entities: 5,
      rows: 40,
      lagRecords: 7,
      commitMs: 9,
      lagSeconds: 1.234,
      time: new Date(990_000),
      restoredRecords: null,
      recordsToRestore: null,
      checkpointAgeSeconds: 60,
      checkpointBytes: 5_000,
      checkpointPauseMs: 7,
      checkpointLiveBytes: 20_000,
      checkpointLogBytes: 50_000,
    });
    expect(Object.keys(taskStatus('entity', restoring))).toEqual(Object.keys(taskStatus('entity', running)));
    expect(taskStatus('entity', restoring)).toMatchObject({
      ...{ lagRecords: null, lagSeconds: null },
      ...{ restoredRecords: 12, recordsToRestore: 300 },
    });
  });

  it('is ready when all of them run', () => {
    expect(tasksNotReady('entity', [running])).toEqual([]);
    expect(tasksNotReady('entity', [])).toEqual(['no task of entity has started yet']);
    expect(tasksNotReady('entity', [running, restoring, { ...running, state: 'waiting' }])).toEqual([
      'task 4 of entity is restoring: 12 of 300 records',
      'task 3 of entity waits to hear whether its partition is still ours',
    ]);
  });

  it('has no lag in the metrics while no task reads', async () => {
    const metrics = createMetrics();
    processGauges(metrics, [stream('entity', [restoring])], () => NOW_MS);
    expect(await metrics.text()).not.toMatch(/^netsigma_task_lag/m);
  });

  it('is in the metrics: what lags most, what is oldest, how many restore', async () => {
    const metrics = createMetrics();
    const behind = { ...running, partition: 0, tickMs: 900_000 };
    const streams = [stream('entity', [running, restoring]), stream('domain', [behind])];
    processGauges(metrics, streams, () => NOW_MS);
    const lines = (await metrics.text()).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'netsigma_tasks{subtopology="entity",state="restoring"} 1',
        'netsigma_tasks{subtopology="entity",state="running"} 1',
        'netsigma_tasks{subtopology="entity",state="waiting"} 0',
        'netsigma_task_lag_records{subtopology="entity"} 7',
        'netsigma_task_lag_seconds{subtopology="entity"} 1.234',
        'netsigma_checkpoint_age_seconds{subtopology="entity"} 60',
        'netsigma_checkpoint_pause_seconds{subtopology="entity"} 0.0074',
        'netsigma_checkpoint_bytes{subtopology="entity",kept="live"} 20000',
        'netsigma_checkpoint_bytes{subtopology="entity",kept="dead"} 30000',
        'netsigma_state_entities{subtopology="entity"} 10',
        'netsigma_state_entities{subtopology="domain"} 5',
        'netsigma_tasks{subtopology="domain",state="running"} 1',
        'netsigma_task_time_lag_seconds{subtopology="entity"} 10',
        'netsigma_task_time_lag_seconds{subtopology="domain"} 100',
      ]),
    );
  });
});
