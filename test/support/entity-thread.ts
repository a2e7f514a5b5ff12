/** A stream thread of a sub-topology, as tests run it: it remembers why it failed. */
import type { Broker } from '../../pipeline/broker/port.ts';
import type { Codec } from '../../pipeline/codec/port.ts';
import type { Log } from '../../pipeline/model/component.ts';
import { readingSubTopology } from '../../pipeline/runtime/reading-processor.ts';
import { recordSubTopology } from '../../pipeline/runtime/record-processor.ts';
import { streamThread, type StreamThread } from '../../pipeline/runtime/stream-thread.ts';
import type { SubTopology } from '../../pipeline/runtime/sub-topology.ts';
import { domainTopology, entityTopology, type StageSettings } from '../../pipeline/topology.ts';
import { catalogue, type Naming } from '../../topics/catalogue.ts';
import { silentLog } from './log.ts';
import { silentObserver } from './silent-observer.ts';
import { STAGE_DEFAULTS } from './topology-driver.ts';

export interface EntityThreadOptions {
  readonly broker: Broker;
  readonly codec: Codec;
  readonly naming: Naming;
  readonly commitIntervalMs?: number;
  readonly commitBytes?: number;
  /** Milliseconds between checkpoints; small ones make many. */
  readonly checkpointIntervalMs?: number;
  readonly settings?: StageSettings;
  readonly log?: Log;
}

export interface EntityThread {
  readonly thread: StreamThread;
  readonly failures: readonly unknown[];
}

export function entityThread(options: EntityThreadOptions): EntityThread {
  const { codec, settings = STAGE_DEFAULTS } = options;
  return threadOf(
    readingSubTopology({ codec, catalogue, topology: entityTopology(catalogue, settings) }),
    options,
  );
}

/** The same for the sub-topology `domain`. */
export function domainThread(options: EntityThreadOptions): EntityThread {
  const { codec, settings = STAGE_DEFAULTS } = options;
  return threadOf(recordSubTopology({ codec, topology: domainTopology(catalogue, settings) }), options);
}

function threadOf(
  subTopology: SubTopology,
  {
    broker,
    codec,
    naming,
    commitIntervalMs = 10,
    commitBytes = 200_000,
    checkpointIntervalMs = 50,
    log = silentLog,
  }: EntityThreadOptions,
): EntityThread {
  const failures: unknown[] = [];
  const thread = streamThread({
    broker,
    codec,
    catalogue,
    naming,
    subTopology,
    settings: { commitIntervalMs, commitBytes },
    checkpoints: { intervalMs: checkpointIntervalMs, startAnew: false },
    clock: Date.now,
    log,
    observer: silentObserver,
    failed: (error) => failures.push(error),
  });
  return { thread, failures };
}
