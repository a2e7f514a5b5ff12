/**
 * The role process: raw readings into rates, baselines, deviations and anomalies (the sub-topology `entity`), what is
 * notable of them into totals of sites, roles and networks (`domain`), a task a partition of each; and the ticks.
 */
import type { Config } from '../config.ts';
import { detectorGauges } from '../observe/detector-gauges.ts';
import { wholeMs } from '../observe/durations.ts';
import { processMetrics } from '../observe/observers.ts';
import { RecentDurations } from '../observe/recent-durations.ts';
import { processGauges, taskStatus, tasksNotReady } from '../observe/task-status.ts';
import { readingSubTopology } from '../runtime/reading-processor.ts';
import { recordSubTopology } from '../runtime/record-processor.ts';
import { streamThread, type CheckpointSettings, type StreamThread } from '../runtime/stream-thread.ts';
import type { SubTopology } from '../runtime/sub-topology.ts';
import { ticker } from '../runtime/ticker.ts';
import { domainTopology, entityTopology } from '../topology.ts';
import { draining, type Role, type RoleDeps } from './role.ts';

export interface ProcessRole extends Role {
  /** Everything that was published has been folded and committed. */
  readonly idle: boolean;
}

export function processRole(deps: RoleDeps): ProcessRole {
  const { config, codec, catalogue, metrics } = deps;
  const { rate, baseline, detect, features } = config;
  const entity = thread(
    deps,
    readingSubTopology({
      codec,
      catalogue,
      topology: entityTopology(catalogue, { rate, baseline, detect, features }),
    }),
  );
  const domain = thread(
    deps,
    recordSubTopology({ codec, topology: domainTopology(catalogue, { baseline }) }),
  );
  const threads = [entity, domain];
  const streams = threads.map(({ stream }) => stream);
  processGauges(metrics, streams, deps.clock);
  detectorGauges(metrics, () =>
    [...entity.stream.tasks.values()].flatMap(({ processor }) => [...(processor.detectorCounts?.() ?? [])]),
  );
  const idle = () => streams.every((stream) => stream.idle);
  return {
    name: 'process',
    components: [
      // Stopped in reverse: those who send before those who are sent to.
      domain.stream,
      entity.stream,
      ...draining(deps, 'tasks', idle),
      // Any member writes them: ticks that come twice are harmless, none would stop the time of silent partitions.
      ticker({ ...deps, partitions: config.broker.partitions, writer: config.collectorId }),
    ],
    status: () => ({
      tasks: streams.flatMap((stream) => stream.status().map((task) => taskStatus(stream.subTopology, task))),
      commits: Object.fromEntries(
        threads.map(({ stream, commits }) => [
          stream.subTopology,
          { lastMs: wholeMs(commits.last), p99Ms: wholeMs(commits.quantile(0.99)) },
        ]),
      ),
    }),
    notReady: () => streams.flatMap((stream) => tasksNotReady(stream.subTopology, stream.status())),
    get idle() {
      return idle();
    },
  };
}

function thread(
  deps: RoleDeps,
  subTopology: SubTopology,
): { readonly stream: StreamThread; readonly commits: RecentDurations } {
  const observer = processMetrics(deps.metrics, subTopology.name);
  const commits = new RecentDurations();
  const stream = streamThread({
    ...deps,
    subTopology,
    settings: deps.config.runtime,
    checkpoints: checkpoints(deps.config),
    observer: {
      ...observer,
      committed(durationMs, records) {
        commits.add(durationMs);
        observer.committed(durationMs, records);
      },
    },
  });
  return { stream, commits };
}

/** State in memory lives exactly as long as the log that it was made of. */
function checkpoints({ broker, runtime }: Config): CheckpointSettings | undefined {
  if (broker.kind === 'memory') return undefined;
  return { intervalMs: runtime.checkpointIntervalMs, startAnew: runtime.lostState === 'start_anew' };
}
