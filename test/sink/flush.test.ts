import { describe, expect, it } from '@jest/globals';
import type { BrokerRecord } from '../../pipeline/broker/port.ts';
import { Flush } from '../../pipeline/sink/flush.ts';

function record(partition: number, offset: number): BrokerRecord {
  return { topic: 't', partition, offset, key: null, value: Buffer.alloc(100), appendedAtMs: 1000 + offset };
}

/** A row of each of two partitions, and a dead letter of each. */
function filled(): Flush {
  const flush = new Flush();
  for (const partition of [0, 1]) {
    const of = record(partition, 5);
    const origin = flush.keep(of);
    const batch = flush.table('rows');
    batch.begin();
    batch.out.int16(partition);
    batch.end(origin, 0);
    flush.reject(record(partition, 6), undefined, 'no_value', 'x');
    flush.advance({ topic: 't', partition }, 5, 7, 1006);
  }
  return flush;
}

describe('a flush', () => {
  it('gives up a partition with its rows, dead letters and progress, and keeps the others', () => {
    const flush = filled();
    flush.drop({ topic: 't', partition: 0 });
    expect(flush.rows).toBe(1);
    expect(flush.tables.get('rows')!.origin(0)).toEqual({ row: 1, record: 1, rowNumber: 0 });
    expect(flush.rejected.map(({ record: of }) => of.partition)).toEqual([1]);
    expect([...flush.progress.values()]).toEqual([
      { topic: 't', partition: 1, expected: 5, next: 7, lastAppendMs: 1006 },
    ]);
  });

  it('does not forget which dead letters are sent when a partition is given up', () => {
    const flush = filled();
    flush.rejectedSent = 1;
    flush.drop({ topic: 't', partition: 0 });
    expect(flush.rejected.slice(flush.rejectedSent).map(({ record: of }) => of.partition)).toEqual([1]);
  });

  it('expects what its first batch expected, and ends where its last one did', () => {
    const flush = new Flush();
    flush.advance({ topic: 't', partition: 0 }, 5, 7, 1006);
    flush.advance({ topic: 't', partition: 0 }, 7, 9, undefined);
    expect([...flush.progress.values()]).toEqual([
      { topic: 't', partition: 0, expected: 5, next: 9, lastAppendMs: 1006 },
    ]);
  });

  it('counts dead letters and their bytes: a stream of garbage is bounded, too', () => {
    const flush = filled();
    expect(flush.entries).toBe(4);
    expect(flush.byteLength).toBe(4 * 100 + 2 * 2);
    flush.clear();
    expect([flush.entries, flush.byteLength, flush.isEmpty]).toEqual([0, 0, true]);
  });
});
