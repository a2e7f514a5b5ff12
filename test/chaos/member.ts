/** How the pipeline's processes are started: the one place that knows the commands and settings. */
import { netsigma, type NetsigmaProcess } from '../support/netsigma-process.ts';

export type MemberKind = 'process' | 'sink';

export interface Surroundings {
  readonly kafka: string;
  readonly registry: string;
  readonly database: string;
  readonly prefix: string;
  readonly partitions: number;
}

/** Groups of `netsigma process`, behind the prefix: of the sub-topology that reads raw records, and of the other. */
export const ENTITY_GROUP = 'netsigma-entity';
export const PROCESS_GROUPS = [ENTITY_GROUP, 'netsigma-domain'] as const;

/** Starts `netsigma <command>` without waiting for anything. */
export function startMember(
  command: readonly string[],
  where: Surroundings,
  name = 'chaos',
): NetsigmaProcess {
  return netsigma(command, {
    NETSIGMA_BROKER_KIND: 'kafka',
    NETSIGMA_BROKER_KAFKA_BROKERS: where.kafka,
    // The broker of the run allows it: killed members are missed soon.
    NETSIGMA_BROKER_KAFKA_SESSION_TIMEOUT: '1500ms',
    NETSIGMA_BROKER_PREFIX: where.prefix,
    NETSIGMA_BROKER_PARTITIONS: String(where.partitions),
    NETSIGMA_REGISTRY_URL: where.registry,
    NETSIGMA_DATABASE_URL: where.database,
    NETSIGMA_COLLECTOR_ID: name,
    // Several checkpoints in every run.
    NETSIGMA_RUNTIME_CHECKPOINT_INTERVAL: '3s',
    // Cells of the load's past are published as if it were now.
    NETSIGMA_BASELINE_LIVE: '60d',
    NETSIGMA_LOG_LEVEL: 'info',
  });
}

/** Runs a command to its end. @throws Error with what it wrote when it fails. */
export async function runCommand(command: readonly string[], where: Surroundings): Promise<void> {
  const started = startMember(command, where);
  const code = await started.ended;
  if (code !== 0) throw new Error(`netsigma ${command.join(' ')} ended with ${code}: ${started.output()}`);
}
