import { describe, expect, it } from '@jest/globals';
import type { Consumer, FetchState } from '../../pipeline/broker/port.ts';
import { SinkLag, type TakenPartition } from '../../pipeline/sink/sink-lag.ts';

/** Partitions of one topic: how many records wait (undefined: never fetched), when the last taken one was appended. */
function lagOf(...partitions: [behind: number | undefined, lastAppendMs?: number][]): SinkLag {
  const owned = new Map<string, TakenPartition>();
  for (const [partition, [, lastAppendMs]] of partitions.entries()) {
    owned.set(`t/${partition}`, {
      topic: 't',
      partition,
      ...(lastAppendMs !== undefined && { lastAppendMs }),
    });
  }
  const fetchState = ({ partition }: { partition: number }): FetchState | undefined => {
    const behind = partitions[partition]![0];
    return behind === undefined ? undefined : { position: 100, lastStableOffset: 100 + behind };
  };
  return new SinkLag(() => ({ fetchState }) as unknown as Consumer, owned);
}

describe('the lag of a sink', () => {
  it('is the sum of its records, and the time since the last record of the partition furthest behind', () => {
    const lag = lagOf([2, 9_000], [3, 4_000], [0, 1_000]);
    expect([lag.records, lag.ms(10_000)]).toEqual([5, 6_000]);
  });

  it('is nothing where nothing waits, however long ago the last record was', () => {
    const lag = lagOf([0, 1_000], [0]);
    expect([lag.records, lag.ms(10_000)]).toEqual([0, 0]);
  });

  it('is not known before the first fetch and before the first record', () => {
    expect([lagOf().records, lagOf([undefined]).records]).toEqual([Infinity, Infinity]);
    expect(lagOf([2]).ms(10_000)).toBeNull();
  });
});
