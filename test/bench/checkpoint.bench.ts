/**
 * Checkpoints of one task with the full state of 115,000 series: how long folding stands still for one, how many bytes
 * a sample they write at full speed and where each device is polled once in 60 s, and the restart that they buy.
 */
import type { BrokerRecord } from '../../pipeline/broker/port.ts';
import { embeddedRegistry } from '../../pipeline/codec/embedded-registry.ts';
import { CheckpointWriter } from '../../pipeline/runtime/checkpoint/checkpoint-writer.ts';
import { LiveUnits } from '../../pipeline/runtime/checkpoint/live-units.ts';
import { ReadingProcessor } from '../../pipeline/runtime/reading-processor.ts';
import type { ProcessorOutput } from '../../pipeline/runtime/sub-topology.ts';
import { entityTopology } from '../../pipeline/topology.ts';
import { catalogue } from '../../topics/catalogue.ts';
import { startedCodec } from '../support/codec.ts';
import { STAGE_DEFAULTS } from '../support/topology-driver.ts';
import { assertValid, type Bench } from './bench.ts';
import { measureRestart } from './checkpoint-restart.ts';
import { figure, type Figure } from './figure.ts';
import { fillCells } from './full-state.ts';
import { load, type Load } from './load.ts';

export interface CheckpointBenchOptions {
  readonly entities: number;
  readonly rowsPerEntity: number;
  /** Polls at 60 s that are folded for the figures: more than an hour's, so that hours turn. */
  readonly polls: number;
  readonly runs: number;
  readonly seed: number;
}

const START_MS = 1_780_000_000_000;
const POLL_MS = 60_000;
/** Of checkpoint records that go with one commit: see task-transactions.ts. */
const COMMIT_BYTES = 4_000_000;
/** Readings between two commits: about 100 ms of folding. */
const COMMIT_READINGS = 20;
const WARM_POLLS = 12;
const CHECKPOINTS = 5;
const INTERVALS_MIN = [1, 5, 10, 15, 30, 60];

const SIZE = { entities: 200, rowsPerEntity: 48, seed: 20_261_121 };

export const checkpoint: Bench = {
  name: 'checkpoint',
  measures: 'checkpoints of 115,000 series: the pause, bytes a sample, and the restart that they buy',
  minutes: 6,
  full: async (run) => measure(await run.kafka(), { ...SIZE, polls: 120, runs: 3 }),
};

async function measure(address: string, options: CheckpointBenchOptions): Promise<Figure[]> {
  const folds: number[] = [];
  const first: number[] = [];
  const later: number[] = [];
  const whole: number[] = [];
  const speeds: number[] = [];
  const written = new Map<number, number[]>();
  for (let run = 0; run < options.runs; run += 1) {
    const task = await Task.filled(options, run);
    folds.push(task.longestFoldMs());
    const base = task.checkpoint();
    first.push(base.pauseMs);
    whole.push(base.bytes / 1e6);
    const measured = task.poll(options.polls);
    let { live } = base;
    for (let again = 0; again < CHECKPOINTS; again += 1) {
      task.poll(1, false);
      const next = task.checkpoint(live);
      later.push(next.pauseMs);
      live = next.live;
    }
    speeds.push(measured.samplesPerSecond);
    for (const minutes of INTERVALS_MIN) {
      const bytes = bytesWritten(base.live, measured.changes, minutes);
      written.set(minutes, [...(written.get(minutes) ?? []), bytes / (options.polls * task.samplesPerPoll)]);
    }
  }
  const restart = await measureRestart(address, options);
  const samplesPerPoll = options.entities * options.rowsPerEntity * restart.countersPerRow;
  const seconds = (minutes: number, polls: number) =>
    restart.restoreS.map(
      (restoreS, run) => restoreS + (minutes * polls * samplesPerPoll) / restart.refoldedPerSecond[run]!,
    );
  return [
    figure('checkpoint: longest step without one', 'ms CPU', folds),
    figure('checkpoint: longest step, of the first', 'ms CPU', first, { better: 'lower', atLeast: 50 }),
    figure('checkpoint: longest step, of later ones', 'ms CPU', later, { better: 'lower', atLeast: 50 }),
    figure('checkpoint: the whole state', 'MB', whole),
    figure('checkpoint: restore, nothing refolded', 's', restart.restoreS),
    figure('checkpoint: refold', 'samples/s', restart.refoldedPerSecond),
    ...INTERVALS_MIN.flatMap((minutes) => [
      figure(`checkpoint: every ${minutes} min, polled each 60 s`, 'B/sample', written.get(minutes)!),
      figure(
        `checkpoint: every ${minutes} min, at full speed`,
        'B/sample',
        written.get(minutes)!.map((bytes, run) => (bytes * samplesPerPoll) / 60 / speeds[run]!),
      ),
      figure(`checkpoint: every ${minutes} min, restart on average`, 's', seconds(minutes, 0.5)),
      figure(`checkpoint: every ${minutes} min, restart at worst`, 's', seconds(minutes, 1)),
    ]),
  ];
}

/** By poll: the units that changed with it. */
type Changes = readonly (readonly { readonly name: string; readonly bytes: number }[])[];

/** What checkpoints every so many polls would write, units that they rewrite to keep their log short included. */
function bytesWritten(base: LiveUnits, changes: Changes, pollsBetween: number): number {
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

/** A processor and its checkpoints, sent nowhere. */
class Task {
  readonly samplesPerPoll: number;
  readonly #processor: ReadingProcessor;
  readonly #load: Load;
  #polls = 0;
  #sent = 0;
  readonly #out: ProcessorOutput = {
    send: () => void (this.#sent += 1),
    deadLetter: (_topic, _record, reason) => assertValid(false, `a record was refused: ${reason}`),
    count() {
      // Not looked at.
    },
    countRows() {
      // Not looked at.
    },
  };

  private constructor(processor: ReadingProcessor, readings: Load, rows: number) {
    this.#processor = processor;
    this.#load = readings;
    this.samplesPerPoll = rows * readings.countersPerRow;
  }

  static async filled({ entities, rowsPerEntity, seed }: CheckpointBenchOptions, run: number): Promise<Task> {
    const codec = await startedCodec(catalogue, embeddedRegistry());
    const topology = entityTopology(catalogue, STAGE_DEFAULTS);
    const processor = new ReadingProcessor({ codec, catalogue, topology });
    const readings = load(codec, {
      seed: seed + run,
      entities,
      rowsPerEntity,
      startMs: START_MS,
      intervalMs: POLL_MS,
    });
    const task = new Task(processor, readings, entities * rowsPerEntity);
    for (let poll = 0; poll < WARM_POLLS; poll += 1) {
      const records = task.#next();
      await processor.prepare('raw.interface', [records[0]!.value]);
      for (const record of records) processor.fold('raw.interface', record, task.#out);
    }
    fillCells(processor.state);
    return task;
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
      for (const record of this.#next()) {
        if (record.offset % COMMIT_READINGS === 0) {
          const { length } = timed(() => writer.take(COMMIT_BYTES));
          writer.sent([{ topic: '', partition: 0, baseOffset: offset, count: length }]);
          offset += length;
        }
        // Whatever is copied before its first write is in here, and the reading's own work.
        timed(() => this.#processor.fold('raw.interface', record, this.#out));
      }
    }
    timed(() => writer.manifest());
    return { pauseMs, bytes: writer.bytes, live: writer.live };
  }

  /** Folds polls, with a snapshot after each where changes are to be told. */
  poll(polls: number, isCopied = true): { samplesPerSecond: number; changes: Changes } {
    const changes: { name: string; bytes: number }[][] = [];
    let foldMs = 0;
    if (isCopied) this.#drain();
    for (let poll = 0; poll < polls; poll += 1) {
      const records = this.#next();
      const before = cpuMs();
      for (const record of records) this.#processor.fold('raw.interface', record, this.#out);
      foldMs += cpuMs() - before;
      if (!isCopied) continue;
      const snapshot = this.#processor.snapshot();
      const copied = [];
      for (let unit = snapshot.next(); unit !== undefined; unit = snapshot.next())
        copied.push({ name: unit.name, bytes: unit.bytes.length });
      changes.push(copied);
    }
    return { samplesPerSecond: (polls * this.samplesPerPoll * 1000) / foldMs, changes };
  }

  /** Of a reading, while no checkpoint is under way. */
  longestFoldMs(): number {
    let longest = 0;
    for (const record of this.#next()) {
      const before = cpuMs();
      this.#processor.fold('raw.interface', record, this.#out);
      longest = Math.max(longest, cpuMs() - before);
    }
    return longest;
  }

  #drain(): void {
    const snapshot = this.#processor.snapshot();
    while (snapshot.left > 0) snapshot.next();
  }

  #next(): BrokerRecord[] {
    const step = this.#polls;
    this.#polls += 1;
    return this.#load.poll(step).map((value, index) => ({
      topic: 'raw.interface',
      partition: 0,
      offset: index,
      appendedAtMs: START_MS + step * POLL_MS + 5_000,
      key: Buffer.from(this.#load.entities[index]!),
      value,
    }));
  }
}
