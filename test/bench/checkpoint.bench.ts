/**
 * Checkpoints of one task with the full state of 115,000 series: how long folding stands still for one, how many bytes
 * a sample they write at full speed and where each device is polled once in 60 s, and the restart that they buy.
 */
import { embeddedRegistry } from '../../pipeline/codec/embedded-registry.ts';
import { ReadingProcessor } from '../../pipeline/runtime/reading-processor.ts';
import { entityTopology } from '../../pipeline/topology.ts';
import { catalogue } from '../../topics/catalogue.ts';
import { startedCodec } from '../support/codec.ts';
import { STAGE_DEFAULTS } from '../support/topology-driver.ts';
import type { Bench } from './bench.ts';
import { bytesWritten, CheckpointedTask } from './checkpoint-cost.ts';
import { measureRestart } from './checkpoint-restart.ts';
import { figure, type Figure } from './figure.ts';
import { fillCells } from './full-state.ts';
import { load } from './load.ts';

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
    const task = await filledTask(options, run);
    folds.push(task.longestFoldMs());
    const base = task.checkpoint();
    first.push(base.pauseMs);
    whole.push(base.bytes / 1e6);
    const measured = task.changes(options.polls);
    let { live } = base;
    for (let again = 0; again < CHECKPOINTS; again += 1) {
      await task.warm(1);
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
      // Hours pass in seconds: every unit has changed.
      figure(
        `checkpoint: every ${minutes} min, at full speed`,
        'B/sample',
        whole.map((megabytes, run) => (megabytes * 1e6) / (minutes * 60 * speeds[run]!)),
      ),
      figure(`checkpoint: every ${minutes} min, restart on average`, 's', seconds(minutes, 0.5)),
      figure(`checkpoint: every ${minutes} min, restart at worst`, 's', seconds(minutes, 1)),
    ]),
  ];
}

/** A task whose cells are all filled. */
async function filledTask(
  { entities, rowsPerEntity, seed }: CheckpointBenchOptions,
  run: number,
): Promise<CheckpointedTask> {
  const codec = await startedCodec(catalogue, embeddedRegistry());
  const topology = entityTopology(catalogue, STAGE_DEFAULTS);
  const processor = new ReadingProcessor({ codec, catalogue, topology });
  const size = { entities, rowsPerEntity, startMs: START_MS, intervalMs: POLL_MS };
  const readings = load(codec, { seed: seed + run, ...size });
  let polls = 0;
  const task = new CheckpointedTask({
    processor,
    samplesPerPoll: entities * rowsPerEntity * readings.countersPerRow,
    next: () => {
      const step = polls;
      polls += 1;
      return readings.poll(step).map((value, index) => ({
        topic: 'raw.interface',
        partition: 0,
        offset: step,
        appendedAtMs: START_MS + step * POLL_MS + 5_000,
        key: Buffer.from(readings.entities[index]!),
        value,
      }));
    },
  });
  await task.warm(WARM_POLLS);
  fillCells(processor.state);
  return task;
}
