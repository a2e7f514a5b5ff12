/** What checkpoints of one task cost: the pause of folding, and the bytes written by how often they are made. */
import type { BrokerRecord } from '../../pipeline/broker/port.ts';
import { CheckpointWriter } from '../../pipeline/runtime/checkpoint/checkpoint-writer.ts';
import { LiveUnits } from '../../pipeline/runtime/checkpoint/live-units.ts';
import type { Processor, ProcessorOutput } from '../../pipeline/runtime/sub-topology.ts';
import { silentOutput } from '../support/silent-output.ts';
import { assertValid } from './bench.ts';

/** Of checkpoint records that go with one commit: see task-transactions.ts. */
const COMMIT_BYTES = 4_000_000;
/** Readings between two commits: about 100 ms of folding. */
const COMMIT_READINGS = 20;

/** By poll: the units that changed with it. */
export type Changes = readonly (readonly { readonly name: string; readonly bytes: number }[])[];

/**
 * Bytes of units that checkpoints every so many polls would write, those included that they rewrite to keep their log
 * short. Blocks of cells stay alive here, where real checkpoints drop them once all of their cells lie behind them: they
 * come of level shifts, which are rare.
 */
export function bytesWritten(base: LiveUnits, changes: Changes, pollsBetween: number): number {
  let live = base;
  for (let poll = 0; poll < changes.length; poll += pollsBetween) {
    const changed = new Map(
      changes
        .slice(poll, poll + pollsBetween)
        .flat()
        .map((unit) => [unit.name, unit]),
    );
    const sizes = new Map(Array.from(live.values(), ({ name, bytes }) => [name, bytes]));
    const rewritten = live
      .rewritten([...changed.values()])
      .map((name) => ({ name, bytes: sizes.get(name)! }));
    let { written } = live;
    live = live.with(
      [...changed.values(), ...rewritten].map(({ name, bytes }) => {
        const place = { name, bytes, writtenBefore: written, from: written, upTo: written + 1, slots: 0 };
        written += bytes;
        return { ...place, checkpoint: '', columns: [], records: 1, crc32: 0 };
      }),
    );
  }
  return live.written - base.written;
}

/** CPU time of this thread: what others run on the machine counts less. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

export interface CheckpointedTaskOptions {
  readonly processor: Processor;
  readonly samplesPerPoll: number;
  /** The next poll of every device. */
  readonly next: () => readonly BrokerRecord[];
}

/** A processor and its checkpoints, sent nowhere. */
export class CheckpointedTask {
  readonly samplesPerPoll: number;
  readonly #processor: Processor;
  readonly #next: () => readonly BrokerRecord[];
  readonly #out: ProcessorOutput = {
    ...silentOutput,
    deadLetter: (_topic, _record, reason) => assertValid(false, `a record was refused: ${reason}`),
  };

  constructor({ processor, samplesPerPoll, next }: CheckpointedTaskOptions) {
    this.#processor = processor;
    this.samplesPerPoll = samplesPerPoll;
    this.#next = next;
  }

  /** Folds polls. */
  async warm(polls: number): Promise<void> {
    for (let poll = 0; poll < polls; poll += 1) {
      const records = this.#next();
      await this.#processor.prepare('raw.interface', [records[0]!.value]);
      for (const record of records) this.#fold(record);
    }
  }

  /** A checkpoint of everything that has changed, copied and cut while polls are folded. */
  checkpoint(live = new LiveUnits()): { pauseMs: number; bytes: number; live: LiveUnits } {
    const position = { foldVersion: '', inputs: new Map(), preload: new Map(), lastTickMs: 0 };
    let pauseMs = 0;
    const timed = <T>(work: () => T): T => {
      const before = cpuMs();
      const result = work();
      pauseMs = Math.max(pauseMs, cpuMs() - before);
      return result;
    };
    const writer = timed(() => new CheckpointWriter(this.#processor.snapshot(), position, live));
    let offset = 0;
    while (!writer.isComplete) {
      for (const [index, record] of this.#next().entries()) {
        if (index % COMMIT_READINGS === 0) {
          const { length } = timed(() => writer.take(COMMIT_BYTES));
          writer.sent([{ topic: '', partition: 0, baseOffset: offset, count: length }]);
          offset += length;
        }
        // Whatever is copied before its first write is in here, and the reading's own work.
        timed(() => this.#fold(record));
      }
    }
    timed(() => writer.manifest());
    return { pauseMs, bytes: writer.bytes, live: writer.live };
  }

  /** Folds polls, with a snapshot after each: what changed with it. */
  changes(polls: number): { samplesPerSecond: number; changes: Changes } {
    const changes: { name: string; bytes: number }[][] = [];
    let foldMs = 0;
    this.#changed();
    for (let poll = 0; poll < polls; poll += 1) {
      const records = this.#next();
      const before = cpuMs();
      for (const record of records) this.#fold(record);
      foldMs += cpuMs() - before;
      changes.push(this.#changed());
    }
    return { samplesPerSecond: (polls * this.samplesPerPoll * 1000) / foldMs, changes };
  }

  /** Of a reading, while no checkpoint is under way. */
  longestFoldMs(): number {
    let longest = 0;
    for (const record of this.#next()) {
      const before = cpuMs();
      this.#fold(record);
      longest = Math.max(longest, cpuMs() - before);
    }
    return longest;
  }

  #changed(): { name: string; bytes: number }[] {
    const snapshot = this.#processor.snapshot();
    const changed = [];
    for (let unit = snapshot.next(); unit !== undefined; unit = snapshot.next())
      changed.push({ name: unit.name, bytes: unit.bytes.length });
    return changed;
  }

  #fold(record: BrokerRecord): void {
    this.#processor.fold('raw.interface', record, this.#out, record.appendedAtMs);
  }
}
