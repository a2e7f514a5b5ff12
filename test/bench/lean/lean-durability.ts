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

export interface LeanTaskOptions {
  readonly seed: number;
  readonly devices: number;
  readonly rowsPerDevice: number;
  readonly intervalMs: number;
}

export interface LeanTask {
  readonly task: CheckpointedTask;
  readonly processor: LeanProcessor;
  /** From the next poll on. */
  intervalMs: number;
}

/** A task of the lean job, polled by a simulated network from `FROM_MS` on. */
export async function leanTask(options: LeanTaskOptions): Promise<LeanTask> {
  const { seed, devices, rowsPerDevice, intervalMs } = options;
  const network = new Network({ seed, devices, rowsPerDevice });
  const encode = await pollEncoder();
  const processor = new LeanProcessor();
  let atMs = FROM_MS;
  const task = new CheckpointedTask({
    processor,
    samplesPerPoll: devices * rowsPerDevice * METRICS,
    next: () => {
      atMs += lean.intervalMs;
      return network.entities.map((entity, device): BrokerRecord => {
        const poll = network.poll(device, atMs, atMs + (device % 1000), lean.intervalMs / 1000);
        const key = Buffer.from(entity);
        return { topic: 'raw', partition: 0, offset: atMs, appendedAtMs: atMs, key, value: encode(poll) };
      });
    },
  });
  const lean: LeanTask = { task, processor, intervalMs };
  return lean;
}

/** A week of hourly polls, one checkpoint of all that, then two hours of polls each minute. */
export async function leanDurability(devices: number, seed: number): Promise<LeanDurability> {
  const lean = await leanTask({ seed, devices, rowsPerDevice: ROWS, intervalMs: 3_600_000 });
  const { task } = lean;
  await task.warm(HOURS);
  lean.intervalMs = 60_000;
  const { live } = task.checkpoint();
  const { changes } = task.changes(POLLS);
  const samples = POLLS * task.samplesPerPoll;
  const bytes = (minutes: number) => bytesWritten(live, changes, minutes) / samples;
  return {
    bytesPerSample: new Map(CHECKPOINT_MINUTES.map((minutes) => [minutes, bytes(minutes)])),
    samplesPerPoll: task.samplesPerPoll,
  };
}
