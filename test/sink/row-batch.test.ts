import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { COPY_HEADER, COPY_TRAILER } from '../../pipeline/sink/copy-buffer.ts';
import { RowBatch } from '../../pipeline/sink/row-batch.ts';

/** Rows of one int16 each; row n comes from record n / 3. */
function batchOf(rows: number): RowBatch {
  const batch = new RowBatch();
  for (let n = 0; n < rows; n += 1) {
    batch.begin();
    batch.out.int16(n);
    batch.end(Math.floor(n / 3), n % 3);
  }
  return batch;
}

function sent(batch: RowBatch, count?: number): number[] {
  const stream = Buffer.concat(batch.chunks(count));
  expect(stream.subarray(0, COPY_HEADER.length)).toEqual(COPY_HEADER);
  expect(stream.subarray(-2)).toEqual(COPY_TRAILER);
  const rows = stream.subarray(COPY_HEADER.length, -2);
  return Array.from({ length: rows.length / 2 }, (_, i) => rows.readInt16BE(i * 2));
}

describe('a batch of rows', () => {
  it('sends the rows that are left, in order, whichever were dropped', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.array(fc.nat(39)), fc.nat(45), (rows, dropped, count) => {
        const batch = batchOf(rows);
        for (const row of dropped) if (row < rows) batch.drop(row);
        const left = Array.from({ length: rows }, (_, i) => i).filter((row) => !dropped.includes(row));
        expect(batch.live).toBe(left.length);
        expect(sent(batch)).toEqual(left);
        expect(sent(batch, count)).toEqual(left.slice(0, count));
        for (const [n, row] of left.entries()) {
          expect(batch.origin(n)).toEqual({ row, record: Math.floor(row / 3), rowNumber: row % 3 });
        }
        expect(batch.origin(left.length)).toBeUndefined();
      }),
    );
  });

  it('forgets a row that was not finished', () => {
    const batch = batchOf(2);
    batch.begin();
    batch.out.int16(99);
    batch.undo();
    expect(sent(batch)).toEqual([0, 1]);
  });

  it('drops the rows of given-up records', () => {
    const batch = batchOf(9);
    batch.dropRecords((record) => record === 1);
    expect(sent(batch)).toEqual([0, 1, 2, 6, 7, 8]);
  });

  it('is empty and usable again after clear', () => {
    const batch = batchOf(3000);
    batch.drop(1);
    batch.clear();
    expect(sent(batch)).toEqual([]);
    expect(batchOf(3000).live).toBe(3000);
  });
});
