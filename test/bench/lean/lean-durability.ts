/** What checkpoints of the lean job write a sample, in memory, every cell of a week filled. */
import type { BrokerRecord } from '../../../pipeline/broker/port.ts';
import { bytesWritten, CheckpointedTask } from '../checkpoint-cost.ts';
import { LeanProcessor } from './lean-sub-topology.ts';
import { METRICS } from './peer-topics.ts';
import { Network, pollEncoder } from './polls.ts';

export interface LeanDurability {
  /** Minutes between checkpoints -> bytes a sample where each device is polled every 60 s. */
  readonly bytesPerSample: ReadonlyMap<number, number>;
  readonly samplesPerPoll: number;
}

export const CHECKPOINT_MINUTES: readonly number[] = [1, 5, 15, 60];

const FROM_MS = Date.UTC(2026, 10, 9);
const HOURS = 168;
/** More than an hour, so that hours turn. */
const POLLS = 120;
const ROWS = 48;

/** A week of hourly polls, one checkpoint of all that, then two hours of polls each minute. */
export async function leanDurability(devices: number, seed: number): Promise<LeanDurability> {
  const network = new Network({ seed, devices, rowsPerDevice: ROWS });
  const encode = await pollEncoder();
  let atMs = FROM_MS;
  let intervalMs = 3_600_000;
  const task = new CheckpointedTask({
    processor: new LeanProcessor(),
    samplesPerPoll: devices * ROWS * METRICS,
    next: () => {
      atMs += intervalMs;
      return network.entities.map((entity, device): BrokerRecord => {
        const value = encode(network.poll(device, atMs, atMs + (device % 1000), intervalMs / 1000));
        const key = Buffer.from(entity);
        return { topic: 'raw', partition: 0, offset: atMs, appendedAtMs: atMs, key, value };
      });
    },
  });
  await task.warm(HOURS);
  intervalMs = 60_000;
  const { live } = task.checkpoint();
  const { changes } = task.changes(POLLS);
  const samples = POLLS * task.samplesPerPoll;
  const bytes = (minutes: number) => bytesWritten(live, changes, minutes) / samples;
  return {
    bytesPerSample: new Map(CHECKPOINT_MINUTES.map((minutes) => [minutes, bytes(minutes)])),
    samplesPerPoll: task.samplesPerPoll,
  };
}
