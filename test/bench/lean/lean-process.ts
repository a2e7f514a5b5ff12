/** The lean job as a process of its own (member.ts), so that CPU and memory are its alone. */
import { measuredLine } from './measured-line.ts';
import type { Compression } from '../shipped.ts';
import type { OutputTopics } from './compare-outputs.ts';

export interface LeanMemberOptions {
  readonly address: string;
  /** CPU of this process is read beside its own. */
  readonly brokerPid?: number | undefined;
  /** Of its sub-topology: names its group and checkpoints. */
  readonly name: string;
  readonly topics: OutputTopics & { readonly input: string };
  /** Records of the input. */
  readonly polls: number;
  readonly samplesPerPoll: number;
  readonly commitIntervalMs: number;
  readonly commitBytes: number;
  readonly checkpointIntervalMs: number;
  readonly compression: Compression;
  /** End in order, with a checkpoint. */
  readonly stop: boolean;
}

export interface LeanMeasured {
  readonly polls: number;
  /** In the window, as the next two; 0 where nothing was left to fold. */
  readonly samplesPerSecond: number;
  readonly cpuUsPerSample: number;
  readonly brokerCpuUsPerSample: number;
  readonly anomalies: number;
  readonly rssMb: number;
  /** Keys and values sent to the checkpoint topic until all was folded. */
  readonly durabilityBytesPerSample: number;
  /** The same of the orderly end. */
  readonly checkpointBytes: number;
  /** From the start of the process until every task runs. */
  readonly runningSeconds: number;
}

const MEMBER = new URL('member.ts', import.meta.url).pathname;

/** Runs it until all is folded. @throws Error with what it printed. */
export async function leanProcess(options: LeanMemberOptions): Promise<LeanMeasured> {
  const command = [process.execPath, ...process.execArgv, MEMBER, JSON.stringify(options)];
  return (await measuredLine('the lean job', command)) as LeanMeasured;
}
