/** What was measured in turns, as figures. */
import { figure, type Figure } from '../figure.ts';
import type { LeanMeasured } from './lean-process.ts';
import type { PeerMeasured } from './peer.ts';

export function ourFigures(ours: readonly LeanMeasured[]): Figure[] {
  const of = (pick: (one: LeanMeasured) => number) => ours.map(pick);
  const cpu = of((one) => one.cpuUsPerSample);
  return [
    figure('lean-kafka: exactly once, 100 ms', 'CPU us/sample', cpu, {
      better: 'lower',
      atLeast: 0.5,
      then: 0.2,
    }),
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
    // A run ends before its first checkpoint: alone it says nothing of what durability costs.
    figure(
      'lean-kafka: journal alone, no checkpoint in the run',
      'bytes/sample',
      of((one) => one.durabilityBytesPerSample),
    ),
  ];
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
