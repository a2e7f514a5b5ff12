/**
 * What a task commits: its outputs, the journal of what it folded, checkpoint records on their way, and its next
 * offsets, in one transaction.
 */
import type { AppendedRange, Broker, ProducerRecord, TransactionalProducer } from '../broker/port.ts';
import type { Log } from '../model/component.ts';
import type { TopicName } from '../../topics/catalogue.ts';
import {
  genesisManifest,
  JOURNAL_KEY,
  type CheckpointRecord,
  type CheckpointWriter,
  type FoldPosition,
} from './checkpoint/checkpoint-writer.ts';
import { encodeJournal, type JournalRun } from './checkpoint/journal.ts';
import { encodePointer } from './checkpoint/manifest.ts';

/** Checkpoint records that go with one commit: a commit must not wait for a whole state. */
const CHECKPOINT_BYTES = 4_000_000;

export interface TransactionDeps {
  readonly broker: Broker;
  readonly group: string;
  readonly partition: number;
  /** By topic, as the broker names it. */
  readonly inputs: ReadonlyMap<TopicName, string>;
  /** undefined: neither journal nor checkpoints are written. */
  readonly checkpointTopic: string | undefined;
  /** The broker's name of the topic whose records another fold version may have to reconcile. */
  readonly reconciledTopic: string | undefined;
  readonly log: Log;
}

export interface Work {
  readonly records: readonly ProducerRecord[];
  readonly journal: readonly JournalRun[];
  /** Next offset of each input. */
  readonly positions: ReadonlyMap<TopicName, number>;
  /** A checkpoint whose next records go along. */
  readonly checkpoint: CheckpointWriter | undefined;
}

export class TaskTransactions {
  readonly #deps: TransactionDeps;
  readonly #producer: TransactionalProducer;
  /** Reconciled records that were sent lie below; undefined while none was. */
  #sentUpTo: number | undefined;
  /** Offset of the manifest that a restore begins with. */
  #manifest: number | undefined;

  constructor(deps: TransactionDeps) {
    this.#deps = deps;
    this.#producer = deps.broker.transactionalProducer(`${deps.group}-${deps.partition}`);
  }

  /** Fences every earlier owner of the partition and settles what it left pending. */
  start(): Promise<void> {
    return this.#producer.start();
  }

  stop(): Promise<void> {
    return this.#producer.stop();
  }

  /** Later commits point to this manifest; it knew that so much had been sent. */
  pointTo(manifestOffset: number, sentUpTo: number | undefined): void {
    this.#manifest = manifestOffset;
    this.#sentUpTo = sentUpTo;
  }

  /** The first transaction of a task that never ran. */
  async genesis(position: FoldPosition): Promise<void> {
    const transaction = await this.#producer.begin();
    const [range] = await transaction.send(this.#toCheckpoints([genesisManifest(position)]));
    await transaction.sendOffsets(this.#deps.group, this.#offsets(position.inputs, range!.baseOffset));
    await transaction.commit();
    this.#manifest = range!.baseOffset;
  }

  /** @returns whether it completed the checkpoint. After an error the outcome is unknown. */
  async commit({ records, journal, positions, checkpoint }: Work): Promise<boolean> {
    const { group, checkpointTopic } = this.#deps;
    const transaction = await this.#producer.begin();
    if (records.length > 0) this.#noteSent(await transaction.send(records));
    let manifest: number | undefined;
    if (checkpointTopic !== undefined) {
      if (journal.length > 0) {
        const value = encodeJournal(journal);
        const [range] = await transaction.send(this.#toCheckpoints([{ key: JOURNAL_KEY, value }]));
        checkpoint?.begin(range!.baseOffset + 1, this.#sentUpTo);
      }
      const chunks = checkpoint?.take(CHECKPOINT_BYTES) ?? [];
      if (chunks.length > 0) {
        const ranges = await transaction.send(this.#toCheckpoints(chunks));
        checkpoint?.begin(ranges[0]!.baseOffset, this.#sentUpTo);
        checkpoint?.sent(ranges);
      }
      if (checkpoint?.isComplete === true) {
        const [range] = await transaction.send(this.#toCheckpoints([checkpoint.manifest()]));
        manifest = range!.baseOffset;
      }
    }
    await transaction.sendOffsets(group, this.#offsets(positions, manifest ?? this.#manifest));
    await transaction.commit();
    if (manifest === undefined) return false;
    this.#manifest = manifest;
    void this.#forgetBefore(checkpoint!.neededFrom(manifest));
    return true;
  }

  #noteSent(ranges: readonly AppendedRange[]): void {
    for (const { topic, baseOffset, count } of ranges) {
      if (topic === this.#deps.reconciledTopic) this.#sentUpTo = baseOffset + count;
    }
  }

  /** Without it the partition only grows: the next checkpoint tries again. */
  async #forgetBefore(offset: number): Promise<void> {
    const { broker, checkpointTopic, partition, log } = this.#deps;
    try {
      await broker.deleteRecords({ topic: checkpointTopic!, partition }, offset);
    } catch (err) {
      log.warn({ topic: checkpointTopic, partition, offset, err }, 'old checkpoints could not be deleted');
    }
  }

  #toCheckpoints(records: readonly CheckpointRecord[]): ProducerRecord[] {
    const { checkpointTopic, partition } = this.#deps;
    return records.map(({ key, value }) => ({ topic: checkpointTopic!, partition, key, value }));
  }

  #offsets(positions: ReadonlyMap<TopicName, number>, manifest: number | undefined) {
    const { inputs, partition } = this.#deps;
    const metadata = manifest === undefined ? '' : encodePointer(manifest);
    return [...positions].map(([topic, offset]) => ({
      topic: inputs.get(topic)!,
      partition,
      offset,
      metadata,
    }));
  }
}
