/** Anomalies of known shape, size and beginning in simulated devices. */
import { inWorkers } from '../in-workers.ts';
import { planned, type PlannedDevice } from '../simulated/plan.ts';
import { signalName, type SignalKind } from '../simulated/signal-kinds.ts';
import type { Injection } from './recall-worker.ts';

export interface RecallOptions {
  readonly intervalMs: number;
  /** Of each kind: as many injections of each shape and size. */
  readonly ports: number;
  readonly seed: number;
  readonly kinds: readonly SignalKind[];
  readonly progress: (line: string) => void;
}

export interface KindInjections {
  readonly kind: SignalKind;
  readonly injections: readonly Injection[];
}

const WORKER = new URL('recall-worker.ts', import.meta.url);

/** One device of each kind. */
export async function injections(options: RecallOptions): Promise<KindInjections[]> {
  const { intervalMs, ports, seed, kinds, progress } = options;
  const devices = kinds.map((kind, number) =>
    planned(number, { kind, intervalMs, ports, seed: seed * 1_013 + number }),
  );
  const found = await inWorkers<PlannedDevice, Injection[]>(WORKER, devices, ({ kind }, _, done) =>
    progress(`${done} of ${devices.length}: ${signalName(kind)}`),
  );
  return kinds.map((kind, number) => ({ kind, injections: found[number]! }));
}
