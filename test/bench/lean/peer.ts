/** The Kafka Streams job (peers/kafka-streams): built with Maven when it is not, run as a process. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { java } from '../../services/java.ts';
import { missingProgram, type Missing, type Progress } from '../../services/service.ts';
import { measuredLine } from './measured-line.ts';

const FOLDER = new URL('../peers/kafka-streams/', import.meta.url).pathname;
/** As its published figures were measured. */
const JVM = ['-Xms1g', '-XX:+UseParallelGC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'];

/** key=value arguments: see its README. */
export type PeerOptions = Readonly<Record<string, string | number | boolean>>;

/** What it prints after `streams`. */
export interface PeerMeasured {
  readonly samples_per_s: number;
  readonly cpu_s_per_million: number;
  readonly broker_cpu_s_per_million: number;
  readonly rss_mb: number;
  readonly changelog_bytes_per_sample: number;
  readonly anomalies: number;
}

/** What it prints after `streams resume=true`. */
export interface PeerRestored {
  readonly main_to_running_s: number;
  readonly restore_s: number;
  readonly changelog_mb: number;
}

export interface Peer {
  readonly kind: 'ready';
  /** Fills a topic with polls, each device once in each. */
  load(options: PeerOptions): Promise<void>;
  streams(options: PeerOptions): Promise<PeerMeasured>;
  resume(options: PeerOptions): Promise<PeerRestored>;
}

export interface PeerSetting {
  readonly address: string;
  /** Its CPU time is read beside the peer's own. */
  readonly brokerPid: number;
  readonly heapGb: number;
  readonly progress: Progress;
}

/** Builds it if it is not built. @throws Error with Maven's words. */
export async function peer({ address, brokerPid, heapGb, progress }: PeerSetting): Promise<Peer | Missing> {
  const found = await java();
  if (found.kind === 'missing') return found;
  if (!existsSync(join(FOLDER, 'target', 'libs')) || !existsSync(join(FOLDER, 'target', 'classes'))) {
    const missing = missingProgram({ mvn: 'maven' });
    if (missing !== undefined) return missing;
    progress('building the Kafka Streams peer with Maven (once)');
    const build = ['-q', '-B', 'compile', 'dependency:copy-dependencies', '-DoutputDirectory=target/libs'];
    await promisify(execFile)('mvn', build, { cwd: FOLDER, maxBuffer: 16 << 20 });
  }
  const env = { BOOTSTRAP: address, BROKER_PID: String(brokerPid) };
  const run = (command: string, options: PeerOptions) => {
    const args = Object.entries(options).map(([key, value]) => `${key}=${value}`);
    const classpath = ['-cp', 'target/classes:target/libs/*', 'peer.Main', command, ...args];
    return measuredLine(`the peer's ${command}`, [found.program, ...JVM, `-Xmx${heapGb}g`, ...classpath], {
      cwd: FOLDER,
      env,
    });
  };
  return {
    kind: 'ready',
    async load(options) {
      await run('load', options);
    },
    // It gives up when nothing moves for so long: a busy machine needs more than its default of 3 s.
    streams: async (options) => (await run('streams', { idle: 120_000, ...options })) as PeerMeasured,
    resume: async (options) => (await run('streams', { ...options, resume: true })) as PeerRestored,
  };
}
