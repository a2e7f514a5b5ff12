/**
 * A role is what one process does of the pipeline: collect, process or sink. `netsigma run` and the demo have all of
 * them in one process; on Kafka each may run alone, several times.
 */
import type { Broker } from '../broker/port.ts';
import type { Codec } from '../codec/port.ts';
import type { Config } from '../config.ts';
import type { Clock, Component, Log } from '../model/component.ts';
import type { Metrics } from '../observe/metrics.ts';
import { drain } from '../runtime/drain.ts';
import type { Catalogue, Naming } from '../../topics/catalogue.ts';

export type RoleName = 'collect' | 'process' | 'sink';

/** What every role is given. */
export interface RoleDeps {
  readonly config: Config;
  readonly broker: Broker;
  readonly codec: Codec;
  readonly catalogue: Catalogue;
  readonly naming: Naming;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** A component cannot go on. */
  readonly failed: (error: unknown) => void;
}

export interface Role {
  readonly name: RoleName;
  /** In the order in which they start. */
  readonly components: readonly Component[];
  /** Its part of /status. */
  status(): object;
  /** Why it is not ready, one sentence each; empty when it is. */
  notReady(): string[];
}

/** How long the end waits for what is under way: the database may be gone for good. */
const DRAIN_MS = 15_000;

/**
 * Before the end everything that was published has to be through: a log in memory dies with the process. On Kafka
 * what is not processed stays where it is, so that nothing is waited for.
 */
export function draining({ config, clock, log }: RoleDeps, name: string, idle: () => boolean): Component[] {
  return config.broker.kind === 'memory' ? [drain({ name, idle, timeoutMs: DRAIN_MS, clock, log })] : [];
}
