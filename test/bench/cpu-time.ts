/** CPU time of this process that `work` takes, all threads, in ns: a busy machine counts less than in wall time. */
export function cpuNs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) * 1000;
}
