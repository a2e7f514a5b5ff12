/** The role process: raw readings into rates, baselines, deviations and anomalies, a task a partition; and the ticks. */
import type { Config } from '../config.ts';
import { detectorGauges } from '../observe/detector-gauges.ts';
import { wholeMs } from '../observe/durations.ts';
import { processMetrics } from '../observe/observers.ts';
import { RecentDurations } from '../observe/recent-durations.ts';
import { processGauges, taskStatus, tasksNotReady } from '../observe/task-status.ts';
import { readingSubTopology } from '../runtime/reading-processor.ts';
import { streamThread, type CheckpointSettings, type StreamThread } from '../runtime/stream-thread.ts';
import { ticker } from '../runtime/ticker.ts';
import { entityTopology } from '../topology.ts';
import { draining, type Role, type RoleDeps } from './role.ts';

export interface ProcessRole extends Role {
  readonly stream: StreamThread;
}

export function processRole(deps: RoleDeps): ProcessRole {
  const { config, codec, catalogue, metrics } = deps;
  const { rate, baseline, detect, features } = config;
  const observer = processMetrics(metrics, 'entity');
  const commits = new RecentDurations();
  const stream = streamThread({
    ...deps,
    subTopology: readingSubTopology({
      codec,
      catalogue,
      topology: entityTopology(catalogue, { rate, baseline, detect, features }),
    }),
    settings: config.runtime,
    checkpoints: checkpoints(config),
    observer: {
      ...observer,
      committed(durationMs, records) {
        commits.add(durationMs);
        observer.committed(durationMs, records);
      },
    },
  });
  processGauges(metrics, stream, 'entity');
  detectorGauges(metrics, () =>
    [...stream.tasks.values()].flatMap(({ processor }) => [...(processor.detectorCounts?.() ?? [])]),
  );
  return {
    name: 'process',
    stream,
    components: [
      stream,
      ...draining(deps, 'tasks', () => stream.idle),
      // Any member writes them: ticks that come twice are harmless, none would stop the time of silent partitions.
      ticker({ ...deps, partitions: config.broker.partitions, writer: config.collectorId }),
    ],
    status: () => ({
      tasks: stream.status().map(taskStatus),
      commits: { lastMs: wholeMs(commits.last), p99Ms: wholeMs(commits.quantile(0.99)) },
    }),
    notReady: () => tasksNotReady(stream.status()),
  };
}

/** State in memory lives exactly as long as the log that it was made of. */
function checkpoints({ broker, runtime }: Config): CheckpointSettings | undefined {
  if (broker.kind === 'memory') return undefined;
  return { intervalMs: runtime.checkpointIntervalMs, startAnew: runtime.lostState === 'start_anew' };
}
