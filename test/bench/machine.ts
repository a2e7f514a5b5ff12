/** What figures were taken on. No names of hosts or folders: records are committed. */
import { cpus, totalmem } from 'node:os';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memory_gib: number;
  readonly node: string;
}

export function thisMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memory_gib: Math.round(totalmem() / 2 ** 30),
    node: process.version.slice(1),
  };
}

export function machineText({ cpu, cores, memory_gib, node }: Machine): string {
  return `${cpu}, ${cores} cores, ${memory_gib} GiB, Node ${node}`;
}
