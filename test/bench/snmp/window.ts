/** Whole poll intervals of a running collector, measured from outside. */
import { setTimeout as sleep } from 'node:timers/promises';
import { processCost } from '../process-cost.ts';

export interface Collecting {
  readonly pid: number;
  /** Of its event loop since it was last asked; absent where there is none. */
  eventLoopDelayP99Ms?(): Promise<number>;
}

export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
  /** One figure an interval. */
  readonly cpuMs: readonly number[];
  readonly agentsCpuMs: readonly number[];
  readonly residentBytes: number;
  readonly eventLoopDelayP99Ms: number | undefined;
}

export interface WindowOptions {
  readonly intervalMs: number;
  readonly intervals: number;
  readonly agentsPid: number;
}

/**
 * Waits until a whole interval has gone by, then measures. Edges lie before round times by a twentieth of the interval,
 * since some collectors begin all polls at round times.
 */
export async function steadyWindow(
  collecting: Collecting,
  { intervalMs, intervals, agentsPid }: WindowOptions,
): Promise<Window> {
  const lead = intervalMs / 20;
  const next = (ms: number) => Math.ceil((ms + lead) / intervalMs) * intervalMs - lead;
  const fromMs = next(Date.now() + intervalMs);
  await reach(fromMs);
  await collecting.eventLoopDelayP99Ms?.();
  const costs = [costOf(collecting.pid, agentsPid)];
  for (let i = 1; i <= intervals; i += 1) {
    await reach(fromMs + i * intervalMs);
    costs.push(costOf(collecting.pid, agentsPid));
  }
  const eventLoopDelayP99Ms = await collecting.eventLoopDelayP99Ms?.();
  return {
    fromMs,
    toMs: fromMs + intervals * intervalMs,
    cpuMs: costs.slice(1).map(({ cpuMs }, i) => cpuMs - costs[i]!.cpuMs),
    agentsCpuMs: costs.slice(1).map(({ agentsCpuMs }, i) => agentsCpuMs - costs[i]!.agentsCpuMs),
    residentBytes: Math.max(...costs.map(({ residentBytes }) => residentBytes)),
    eventLoopDelayP99Ms,
  };
}

function costOf(pid: number, agentsPid: number) {
  return { ...processCost(pid), agentsCpuMs: processCost(agentsPid).cpuMs };
}

async function reach(atMs: number): Promise<void> {
  for (let left = atMs - Date.now(); left > 0; left = atMs - Date.now()) await sleep(left);
}
