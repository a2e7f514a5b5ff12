/** What was measured in turns, as figures. */
import { figure, type Figure } from '../figure.ts';
import { CHECKPOINT_MINUTES, type LeanDurability } from './lean-durability.ts';
import type { LeanCost } from './lean.bench.ts';
import type { LeanMeasured } from './lean-process.ts';
import type { PeerMeasured } from './peer.ts';

/** Of `runtime.checkpoint_interval` unless configured. */
const DEFAULT_MINUTES = 15;

/** By setting. `inMemory`: the same job without Kafka, of the same turns, or nothing. */
export function ourFigures(
  bench: string,
  runs: Readonly<Record<string, readonly LeanMeasured[]>>,
  inMemory: readonly LeanCost[],
): Figure[] {
  return Object.entries(runs).flatMap(([setting, ours]) => {
    const name = `${bench}: exactly once, 100 ms, ${setting}`;
    const of = (pick: (one: LeanMeasured) => number) => ours.map(pick);
    const cpu = of((one) => one.cpuUsPerSample);
    const client = inMemory.map(({ wholeNs }, run) => cpu[run]! - wholeNs / 1000);
    const clientTarget = { better: 'lower', atLeast: 0.17, then: 0.08 } as const;
    const speed = of((one) => one.samplesPerSecond);
    const broker = of((one) => one.brokerCpuUsPerSample);
    const rss = of((one) => one.rssMb);
    const durability = of((one) => one.durabilityBytesPerSample);
    return [
      figure(name, 'CPU us/sample', cpu, { better: 'lower', atLeast: 0.5, then: 0.2 }),
      ...(client.length === 0
        ? []
        : [figure(`${name}: of that client and transactions`, 'CPU us/sample', client, clientTarget)]),
      figure(`${name}: speed`, 'samples/s', speed),
      figure(`${name}: the broker`, 'CPU us/sample', broker),
      figure(`${name}: process`, 'MiB RSS', rss),
      figure(`${name}: journal and checkpoints`, 'bytes/sample', durability),
    ];
  });
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
      // Hours pass in seconds: every unit has changed.
      figure(
        `${name}, at full speed`,
        'bytes/sample',
        [folded.checkpointBytes / (minutes * 60 * folded.samplesPerSecond)],
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
  name: string,
  all: readonly PeerMeasured[],
  ours: readonly LeanMeasured[],
): Figure[] {
  const of = (pick: (one: PeerMeasured) => number) => all.map(pick);
  const cpu = of((one) => one.cpu_s_per_million);
  const speed = of((one) => one.samples_per_s);
  const broker = of((one) => one.broker_cpu_s_per_million);
  const rss = of((one) => one.rss_mb);
  const changelog = of((one) => one.changelog_bytes_per_sample);
  const ratios = cpu.map((us, run) => us / ours[run]!.cpuUsPerSample);
  return [
    figure(name, 'CPU us/sample', cpu),
    figure(`${name}: speed`, 'samples/s', speed),
    figure(`${name}: the broker`, 'CPU us/sample', broker),
    figure(`${name}: process`, 'MiB RSS', rss),
    figure(`${name}: changelog`, 'bytes/sample', changelog),
    figure(`${name}: its CPU / ours`, 'ratio', ratios, { better: 'higher' }),
  ];
}
