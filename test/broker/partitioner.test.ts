import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { murmur2, partitionFor } from '../../pipeline/broker/partitioner.ts';

describe('murmur2', () => {
  // Kafka's own cases: UtilsTest.testMurmur2.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('of %s is what Java computes', (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash);
  });
});

describe('partitionFor', () => {
  it('masks the sign as Kafka’s toPositive does', () => {
    expect(partitionFor(Buffer.from('21'), 12)).toBe((-973932308 & 0x7fffffff) % 12);
    expect(partitionFor(Buffer.from('abc'), 12)).toBe(479470107 % 12);
  });

  it('gives a partition that exists for every key, bytes above 127 and empty keys too', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.integer({ min: 1, max: 1000 }), (bytes, partitions) => {
        const partition = partitionFor(Buffer.from(bytes), partitions);
        return Number.isInteger(partition) && partition >= 0 && partition < partitions;
      }),
    );
  });

  it('spreads keys over the partitions', () => {
    const counts = new Array<number>(12).fill(0);
    for (let i = 0; i < 12_000; i += 1) {
      counts[partitionFor(Buffer.from(`default/device/router-${i}`), 12)]! += 1;
    }
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(200);
  });
});
