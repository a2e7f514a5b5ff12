/** What a process has cost, from Linux's /proc: the collector's figures leave out whatever else runs. */
import { readFileSync } from 'node:fs';

export interface ProcessCost {
  /** User and system time of all threads since its start. */
  readonly cpuMs: number;
  readonly residentBytes: number;
}

/** Linux counts in hundredths of a second, whatever the kernel's own tick is. */
const MS_PER_TICK = 10;

/** @throws Error where there is no /proc, or no such process. */
export function processCost(pid: number): ProcessCost {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name, in parentheses, may hold spaces: proc(5) counts utime and stime as 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return {
    cpuMs: (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK,
    residentBytes: Number(resident) * 1_024,
  };
}
