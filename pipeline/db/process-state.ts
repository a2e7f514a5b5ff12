/** Which processes run, as far as this user can tell. */
import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';

/** false also for a zombie: where pid 1 reaps no orphans, the dead keep their ids. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return !isZombie(pid);
}

/** false where there is no /proc to ask (not Linux). */
export function isZombie(pid: number): boolean {
  try {
    // proc(5): the state follows the program's name, which is in parentheses and may hold any character.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return false;
  }
}

/** Running processes whose working directory this is; none where there is no /proc to ask. */
export function processesIn(directory: string): number[] {
  try {
    const real = realpathSync(directory);
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && workingDirectory(name) === real)
      .map(Number)
      .filter(isRunning);
  } catch {
    return [];
  }
}

function workingDirectory(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined; // gone meanwhile, or another user's
  }
}
