/** What opens on simulated devices while nothing is wrong. */
import { inWorkers } from '../in-workers.ts';
import { plannedDevices, type PlannedDevice } from '../simulated/plan.ts';
import type { SignalKind } from '../simulated/signal-kinds.ts';
import type { FalseAlarm, QuietTask } from './quiet-worker.ts';

export interface QuietRunOptions {
  readonly devices: number;
  /** Of each device. */
  readonly ports: number;
  readonly kinds: readonly SignalKind[];
  /** Quiet days after the warm-up. */
  readonly days: number;
  readonly seed: number;
  readonly progress: (line: string) => void;
}

export interface QuietRun {
  readonly devices: readonly PlannedDevice[];
  /** By device. */
  readonly alarms: readonly (readonly FalseAlarm[])[];
  readonly days: number;
  readonly seed: number;
}

const WORKER = new URL('quiet-worker.ts', import.meta.url);

export async function quietRun({ days, seed, progress, ...which }: QuietRunOptions): Promise<QuietRun> {
  const devices = plannedDevices(which.devices, which.kinds, seed, which.ports);
  const tasks = devices.map((device): QuietTask => ({ device, days }));
  const alarms = await inWorkers<QuietTask, FalseAlarm[]>(WORKER, tasks, ({ device }, found, done) => {
    const { kind, intervalMs } = device;
    progress(
      `${done} of ${tasks.length}: ${kind.noise}, ${kind.seasonality}, every ${intervalMs / 1_000} s: ${found.length}`,
    );
  });
  return { devices, alarms, days, seed };
}
