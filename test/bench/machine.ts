/** What figures were taken on. No names of hosts or folders: records are committed. */
import { execFileSync } from 'node:child_process';
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

/** The commit that is checked out, with a "+" where code differs from it; "unknown" outside of a git work tree. */
export function thisCommit(): string {
  const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim();
  try {
    const code = ['pipeline', 'topics', 'test', ':!test/bench/recorded'];
    const isChanged = git('status', '--porcelain', '--untracked-files=no', '--', ...code) !== '';
    return `${git('rev-parse', '--short', 'HEAD')}${isChanged ? '+' : ''}`;
  } catch {
    return 'unknown';
  }
}

export function machineText({ cpu, cores, memory_gib, node }: Machine): string {
  return `${cpu}, ${cores} cores, ${memory_gib} GiB, Node ${node}`;
}
