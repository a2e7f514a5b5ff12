/** What was measured in turns, as figures. */
import { figure, type Figure } from '../figure.ts';
import { CHECKPOINT_MINUTES, type LeanDurability } from './lean-durability.ts';
import type { LeanCost } from './lean.bench.ts';
import type { LeanMeasured } from './lean-process.ts';
import type { PeerMeasured } from './peer.ts';

/** Of `runtime.checkpoint_interval` unless configured. */
const DEFAULT_MINUTES = 15;

export function ourFigures(ours: readonly LeanMeasured[], inMemory: readonly LeanCost[]): Figure[] {
  const of = (pick: (one: LeanMeasured) => number) => ours.map(pick);
  const cpu = of((one) => one.cpuUsPerSample);
  return [
    figure('lean-kafka: exactly once, 100 ms', 'CPU us/sample', cpu, {
      better: 'lower',
      atLeast: 0.5,
      then: 0.2,
    }),
    figure(
      'lean-kafka: of that client and transactions',
      'CPU us/sample',
      cpu.map((us, run) => us - inMemory[run]!.wholeNs / 1000),
      { better: 'lower', atLeast: 0.17, then: 0.08 },
    ),
    figure(
      'lean-kafka: speed',
      'samples/s',
      of((one) => one.samplesPerSecond),
    ),
    figure(
      'lean-kafka: the broker',
      'CPU us/sample',
      of((one) => one.brokerCpuUsPerSample),
    ),
    figure(
      'lean-kafka: process',
      'MiB RSS',
      of((one) => one.rssMb),
    ),
    // A run ends before its first checkpoint: those are lean-restart's.
    figure(
      'lean-kafka: journal alone, no checkpoint in the run',
      'bytes/sample',
      of((one) => one.durabilityBytesPerSample),
    ),
  ];
}

/**
 * Bytes that checkpoints write a sample, each with the restart that it buys: state restored in `restoreS`, then what
 * came since the last checkpoint folded at the speed of `folded`.
 */
export function durabilityFigures(
  runs: readonly LeanDurability[],
  folded: LeanMeasured,
  restoreS: readonly number[],
): Figure[] {
  const perSecond = runs[0]!.samplesPerPoll / 60;
  const catchUpS = (minutes: number) => (minutes * 60 * perSecond) / folded.samplesPerSecond;
  return CHECKPOINT_MINUTES.flatMap((minutes) => {
    const bytes = runs.map(({ bytesPerSample }) => bytesPerSample.get(minutes)!);
    const name = `lean-restart: a checkpoint every ${minutes} min`;
    const goal =
      minutes === DEFAULT_MINUTES ? ({ better: 'lower', atLeast: 8, then: 2 } as const) : undefined;
    return [
      figure(`${name}, polled each 60 s`, 'bytes/sample', bytes, goal),
      figure(
        `${name}, at full speed`,
        'bytes/sample',
        bytes.map((each) => (each * perSecond) / folded.samplesPerSecond),
        goal,
      ),
      figure(
        `${name}, restart on average`,
        'seconds',
        restoreS.map((seconds) => seconds + catchUpS(minutes / 2)),
      ),
      figure(
        `${name}, restart at worst`,
        'seconds',
        restoreS.map((seconds) => seconds + catchUpS(minutes)),
      ),
    ];
  });
}

/** Ratios are of the same turn: both met the same machine. */
export function peerFigures(
  variant: string,
  all: readonly PeerMeasured[],
  ours: readonly LeanMeasured[],
): Figure[] {
  if (all.length === 0) return [];
  const name = `lean-kafka: Kafka Streams, ${variant}`;
  const of = (pick: (one: PeerMeasured) => number) => all.map(pick);
  return [
    figure(
      name,
      'CPU us/sample',
      of((one) => one.cpu_s_per_million),
    ),
    figure(
      `${name}: speed`,
      'samples/s',
      of((one) => one.samples_per_s),
    ),
    figure(
      `${name}: the broker`,
      'CPU us/sample',
      of((one) => one.broker_cpu_s_per_million),
    ),
    figure(
      `${name}: process`,
      'MiB RSS',
      of((one) => one.rss_mb),
    ),
    figure(
      `${name}: changelog`,
      'bytes/sample',
      of((one) => one.changelog_bytes_per_sample),
    ),
    figure(
      `${name}: its CPU / ours`,
      'ratio',
      all.map((one, run) => one.cpu_s_per_million / ours[run]!.cpuUsPerSample),
      { better: 'higher' },
    ),
  ];
}
