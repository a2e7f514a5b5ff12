/** What a task runs: a sub-topology gives one processor a partition, which folds records and sends others. */
import type { BrokerRecord } from '../broker/port.ts';
import type { Quality } from '../../topics/interface.ts';
import type { TopicName } from '../../topics/catalogue.ts';
import type { DetectorCounts } from '../stages/stage.ts';
import type { StateLoader, StateSnapshot } from './state-snapshot.ts';
import type { ColumnLayout, SlotCounts } from './state-units.ts';

export interface SubTopology {
  /** Its consumer group is `<app>-<name>`. */
  readonly name: string;
  readonly inputs: readonly TopicName[];
  /** Inputs that a new task reads to their ends before anything else: what exists, and what people have said. */
  readonly preloaded: readonly TopicName[];
  /** Changes when the same records would give other outputs: versions of the stages and their thresholds. */
  readonly foldVersion: string;
  /** Its records have a course (opened, closed) about which another fold version may disagree: see `reconcile`. */
  readonly reconciled?: TopicName;
  /** undefined: no other sub-topology lives by this one. */
  readonly downstream?: Downstream;
  newProcessor(): Processor;
}

/**
 * A sub-topology that folds what this one's tasks send it, and whose time is the smallest of theirs (see
 * upstream-time.ts): each commit of a task that ticked since the last tells all of its partitions.
 */
export interface Downstream {
  readonly topic: TopicName;
  /** Partition `upstream` of `upstreams` has come to this tick. */
  tick(tickMs: number, upstream: number, upstreams: number): Buffer;
}

export interface Processor {
  /** Makes the values of one input decodable without waiting. */
  prepare(topic: TopicName, values: Iterable<Buffer | null>): Promise<void>;
  /**
   * Takes in what the record, the next to be folded, says of time. @returns the time that it brings, NaN where none is
   * known: the ticks up to it fire before the record is folded.
   */
  advance(topic: TopicName, record: BrokerRecord): number;
  /** Folds one record. Synchronous and deterministic. `tickMs`: the last tick, NaN before the first. */
  fold(topic: TopicName, record: BrokerRecord, out: ProcessorOutput, tickMs: number): void;
  /** Time has crossed a 5-second boundary. */
  punctuate(tickMs: number, out: ProcessorOutput): void;
  /** The state at this instant, to be copied while folding goes on: see state-snapshot.ts. One at a time. */
  snapshot(): StateSnapshot;
  /**
   * Takes over what an earlier processor held, unit by unit; before the first fold. `layouts`: every list of columns
   * that a unit was written with. @throws PermanentError when it does not fit.
   */
  load(counts: SlotCounts, layouts: readonly (readonly ColumnLayout[])[]): StateLoader;
  /**
   * Sends what brings the `reconciled` records that were sent since the checkpoint to those that another fold version
   * made of the same input. @returns how many it sent. For sub-topologies that have such records.
   */
  reconcile?(sent: readonly Buffer[], refolded: readonly Buffer[], out: ProcessorOutput): Promise<number>;
  /** For metrics: how often detectors were right so far, where there are any. */
  detectorCounts?(): Iterable<DetectorCounts>;
  /** For /status and metrics. */
  readonly state: { readonly entities: number; readonly rows: number; bytesByStage(): Map<string, number> };
}

/** Words of the dead letters that a processor writes; also a metric label. */
export type DeadLetterReason = string;

export interface ProcessorOutput {
  /** Sends to the partition of the task itself: inputs and keyed outputs are co-partitioned. */
  send(topic: TopicName, key: Buffer | null, value: Buffer): void;
  /** Sends to the partition of the key: for keys that are not those of the inputs. */
  repartition(topic: TopicName, key: Buffer, value: Buffer): void;
  deadLetter(topic: TopicName, record: BrokerRecord, reason: DeadLetterReason, detail: string): void;
  /** Outcomes of stages that are neither records nor errors. */
  count(stage: string, outcome: string, by?: number): void;
  /** Rows by the verdict on their rates. */
  countRows(quality: Quality, rows: number): void;
}
