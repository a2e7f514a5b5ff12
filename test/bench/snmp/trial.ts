/** What is the same for every collector that is measured, and what each of them is to the bench. */
import type { SnmpCredential } from '../../../pipeline/model/secret.ts';
import type { CheckedPolls } from './polls.ts';
import type { Collecting } from './window.ts';

export interface Trial {
  /** host:port. */
  readonly kafka: string;
  readonly registry: string;
  /** Before every topic's name. */
  readonly prefix: string;
  readonly devices: number;
  readonly intervalMs: number;
  readonly credential: SnmpCredential;
  readonly agentsPort: number;
  /** The zero of the switches' clocks. */
  readonly agentsStartMs: number;
}

export interface CollectorRun extends Collecting {
  stop(): Promise<void>;
  /**
   * Reads back what was published between two edges of intervals.
   * @throws Error when a switch was not polled exactly once an interval, or a value is missing or wrong.
   */
  check(fromMs: number, toMs: number): Promise<CheckedPolls>;
}
