/**
 * The order in which a task folded its inputs: runs of records of one topic. Each commit appends what it covers to the
 * task's checkpoint partition, in its own transaction, so that a restore folds in the order that made the outputs.
 */
import { z } from 'zod';
import type { TopicName } from '../../../topics/catalogue.ts';

export interface JournalRun {
  readonly topic: TopicName;
  /** Offset after the last record of the run. */
  readonly upTo: number;
  readonly records: number;
}

/** Of one commit: its record stays far below what the checkpoint topic takes. */
const MAX_RUNS = 10_000;

export class Journal {
  #runs: { topic: TopicName; upTo: number; records: number }[] = [];

  add(topic: TopicName, offset: number): void {
    const last = this.#runs.at(-1);
    if (last?.topic === topic) {
      last.upTo = offset + 1;
      last.records += 1;
    } else this.#runs.push({ topic, upTo: offset + 1, records: 1 });
  }

  /** Folding waits for the next commit. */
  get isFull(): boolean {
    return this.#runs.length >= MAX_RUNS;
  }

  /** What was folded since the last call. */
  take(): readonly JournalRun[] {
    const runs = this.#runs;
    this.#runs = [];
    return runs;
  }
}

/** `[["raw.interface", 1042, 17], ...]`: topic, up to offset, records. */
export function encodeJournal(runs: readonly JournalRun[]): Buffer {
  return Buffer.from(JSON.stringify(runs.map(({ topic, upTo, records }) => [topic, upTo, records])));
}

const journalSchema = z.array(z.tuple([z.string(), z.int().nonnegative(), z.int().positive()]));

/** @throws ZodError or SyntaxError for what is no journal. */
export function decodeJournal(value: Buffer): JournalRun[] {
  return journalSchema
    .parse(JSON.parse(value.toString()))
    .map(([topic, upTo, records]) => ({ topic: topic as TopicName, upTo, records }));
}
