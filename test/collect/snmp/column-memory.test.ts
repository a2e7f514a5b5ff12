import { describe, expect, it } from '@jest/globals';
import { ColumnMemory, type ColumnRead } from '../../../pipeline/collect/snmp/column-memory.ts';
import type { Profile } from '../../../pipeline/collect/snmp/profile.ts';

const profile: Profile = {
  name: 'test',
  columns: [
    { field: 'wide', oid: '1.1', type: 'counter64' },
    { field: 'narrow', oid: '1.2', type: 'counter32', onlyWithout: 'wide' },
    { field: 'name', oid: '1.3', type: 'text', fallbacks: ['1.4'] },
  ],
};
const oids = (reads: readonly ColumnRead[]): string[] => reads.map(({ oid }) => oid);

/** One poll of an agent that has `columns`; gaps: fields with unknown rows. Returns the OIDs walked. */
function pollOf(memory: ColumnMemory, columns: readonly string[], gaps: readonly string[] = []): string[] {
  const walked = new Set<ColumnRead>();
  let reads = memory.planned();
  while (reads.length > 0) {
    for (const read of reads) {
      walked.add(read);
      memory.learn(read, columns.includes(read.oid) ? 'present' : 'absent');
    }
    reads = memory.replacements(walked, (field) => gaps.includes(field));
  }
  memory.pollDone();
  return oids([...walked]);
}

describe('the memory of columns', () => {
  it('reads the replacement only where a column is absent, at once', () => {
    expect(pollOf(new ColumnMemory(profile), ['1.1', '1.2', '1.3'])).toEqual(['1.1', '1.3']);
    expect(pollOf(new ColumnMemory(profile), ['1.2', '1.3'])).toEqual(['1.1', '1.3', '1.2']);
  });

  it('reads a fallback only for rows with gaps', () => {
    expect(pollOf(new ColumnMemory(profile), ['1.1', '1.3'], ['name'])).toEqual(['1.1', '1.3', '1.4']);
  });

  it('asks for an absent column again after 1, 2, 4 ... polls', () => {
    const memory = new ColumnMemory(profile);
    const probes = Array.from({ length: 20 }, () => pollOf(memory, ['1.2', '1.3']).includes('1.1'));
    expect(probes.flatMap((probed, poll) => (probed ? [poll] : []))).toEqual([0, 1, 3, 7, 15]);
  });

  it('looks again at the next poll when a column has just gone', () => {
    const memory = new ColumnMemory(profile);
    for (let poll = 0; poll < 10; poll += 1) pollOf(memory, ['1.1', '1.3']);
    pollOf(memory, ['1.2', '1.3']);
    expect(pollOf(memory, ['1.1', '1.3'])).toContain('1.1');
  });

  it('forgets all of it when the agent restarted', () => {
    const memory = new ColumnMemory(profile);
    pollOf(memory, ['1.2', '1.3']);
    pollOf(memory, ['1.2', '1.3']);
    memory.forget();
    expect(oids(memory.planned())).toEqual(['1.1', '1.3']);
  });
});
