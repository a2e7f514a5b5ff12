/** A stream thread of the entity sub-topology, as tests run it: it remembers why it failed. */
import type { Broker } from '../../pipeline/broker/port.ts';
import type { Codec } from '../../pipeline/codec/port.ts';
import type { Log } from '../../pipeline/model/component.ts';
import { readingSubTopology } from '../../pipeline/runtime/reading-processor.ts';
import { streamThread, type StreamThread } from '../../pipeline/runtime/stream-thread.ts';
import { entityTopology, type StageSettings } from '../../pipeline/topology.ts';
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

export function entityThread({
  broker,
  codec,
  naming,
  commitIntervalMs = 10,
  commitBytes = 200_000,
  checkpointIntervalMs = 50,
  settings = STAGE_DEFAULTS,
  log = silentLog,
}: EntityThreadOptions): EntityThread {
  const failures: unknown[] = [];
  const topology = entityTopology(catalogue, settings);
  const thread = streamThread({
    broker,
    codec,
    catalogue,
    naming,
    subTopology: readingSubTopology({ codec, catalogue, topology }),
    settings: { commitIntervalMs, commitBytes },
    checkpoints: { intervalMs: checkpointIntervalMs, startAnew: false },
    clock: Date.now,
    log,
    observer: silentObserver,
    failed: (error) => failures.push(error),
  });
  return { thread, failures };
}
