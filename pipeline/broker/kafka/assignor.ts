/**
 * Who gets which partition number: over all topics the same member (so a task finds its inputs together), each
 * member as many as any other but for one, and what a member has it keeps. Pure.
 */

export interface Member {
  readonly id: string;
  /** Partition numbers that it has now. */
  readonly owned: readonly number[];
  /** The newest generation of the group that it knows: of two that claim a number, the later one has it. */
  readonly generation: number;
}

/** Numbers 0 to `partitions` - 1 by member, ascending. The answer depends on the members alone, not on their order. */
export function assignPartitions(members: readonly Member[], partitions: number): Map<string, number[]> {
  const ids = members.map(({ id }) => id).toSorted();
  const assigned = new Map(ids.map((id): [string, number[]] => [id, []]));
  const least = Math.floor(partitions / ids.length);
  let withOneMore = partitions % ids.length;
  const free: number[] = [];
  const owners = ownersOf(members, partitions);
  for (const id of ids) {
    const owned = owners.flatMap((owner, partition) => (owner === id ? partition : []));
    let quota = least;
    if (owned.length > least && withOneMore > 0) {
      quota += 1;
      withOneMore -= 1;
    }
    assigned.set(id, owned.slice(0, quota));
    free.push(...owned.slice(quota));
  }
  for (const [partition, owner] of owners.entries()) if (owner === undefined) free.push(partition);
  for (const partition of free) {
    const id = ids.reduce((a, b) => (assigned.get(b)!.length < assigned.get(a)!.length ? b : a));
    assigned.get(id)!.push(partition);
  }
  for (const numbers of assigned.values()) numbers.sort((a, b) => a - b);
  return assigned;
}

/** The present owner of each number; none where two claim it with equal right. */
function ownersOf(members: readonly Member[], partitions: number): (string | undefined)[] {
  return Array.from({ length: partitions }, (_, partition) => {
    const claims = members.filter(({ owned }) => owned.includes(partition));
    const newest = Math.max(...claims.map(({ generation }) => generation));
    const [first, second] = claims.filter(({ generation }) => generation === newest);
    return second === undefined ? first?.id : undefined;
  });
}
