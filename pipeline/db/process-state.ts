/** Whether a process runs, as far as this user can tell. */
import { readFileSync } from 'node:fs';

/** false also for a zombie: where pid 1 reaps no orphans, the dead keep their ids. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  try {
    // proc(5): the state follows the program's name, which is in parentheses and may hold any character.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
  } catch {
    return true; // no /proc: not Linux
  }
}
