import { describe, expect, it } from '@jest/globals';
import type { BrokerRecord, Consumer, FetchState } from '../../pipeline/broker/port.ts';
import { until } from '../support/until.ts';
import { SinkLag, Unstored, type LaggingPartition } from '../../pipeline/sink/sink-lag.ts';

/** A partition from offset 100 on: what the consumer says of it, and what was handed over. */
class Lagging implements LaggingPartition {
  readonly topic = 't';
  readonly partition: number;
  readonly unstored = new Unstored(100);
  state: FetchState | undefined;

  constructor(partition: number, behind?: number) {
    this.partition = partition;
    if (behind !== undefined) this.state = { position: 100, lastStableOffset: 100 + behind };
  }

  /** One record each at these times, then a control record, as a transaction of Kafka leaves it. */
  handOver(...appendedAtMs: number[]): void {
    const { topic, partition, state } = this;
    const from = state!.position;
    const records = appendedAtMs.map((at, i): BrokerRecord => {
      return { topic, partition, key: null, value: null, offset: from + i, appendedAtMs: at };
    });
    const position = from + records.length + 1;
    this.unstored.take({ topic, partition, records, nextOffset: position });
    this.state = { position, lastStableOffset: Math.max(position, state!.lastStableOffset) };
  }
}

function lagOf(...partitions: Lagging[]): SinkLag {
  const fetchState = ({ partition }: { partition: number }) => partitions[partition]!.state;
  const owned = new Map(partitions.map((one) => [`t/${one.partition}`, one]));
  return new SinkLag(() => ({ fetchState }) as unknown as Consumer, owned);
}

describe('the lag of a sink', () => {
  it('counts what waits in the topics and what was taken and is not stored, without control records', () => {
    const [first, second] = [new Lagging(0, 3), new Lagging(1, 0)];
    second.handOver(4_000, 5_000);
    const lag = lagOf(first, second);
    expect([lag.records, lag.ms(10_000)]).toEqual([5, null]);
    first.handOver(3_000);
    first.unstored.stored(102);
    expect([lag.records, lag.ms(10_000)]).toEqual([3, 7_000]);
  });

  it('is as old as the oldest record that is not stored', () => {
    const one = new Lagging(0, 0);
    const lag = lagOf(one);
    one.handOver(1_000, 2_000);
    one.handOver(4_000);
    expect([lag.records, lag.ms(10_000)]).toEqual([3, 9_000]);
    one.unstored.stored(103);
    expect([lag.records, lag.ms(10_000)]).toEqual([1, 6_000]);
    one.unstored.stored(105);
    expect([lag.records, lag.ms(10_000)]).toEqual([0, 0]);
  });

  it('is nothing where nothing waits, however long ago the last record was', () => {
    const [first, second] = [new Lagging(0, 0), new Lagging(1, 0)];
    first.handOver(1_000);
    first.unstored.stored(102);
    const lag = lagOf(first, second);
    expect([lag.records, lag.ms(10_000)]).toEqual([0, 0]);
  });

  it('grows with a topic whose partition is paused, and so not fetched', async () => {
    const one = new Lagging(0, 2);
    const lag = lagOf(one);
    lag.lookAhead({ offsets: async () => [{ partition: 0, earliest: 0, lastStable: 150 }] }, 1);
    await until(() => lag.records > 2, 'its end');
    lag.endLookAhead();
    expect(lag.records).toBe(50);
    one.state = { position: 150, lastStableOffset: 150 };
    expect(lag.records).toBe(0);
  });

  it('is never below nothing, should the clocks differ', () => {
    const one = new Lagging(0, 0);
    one.handOver(11_000);
    expect(lagOf(one).ms(10_000)).toBe(0);
  });

  it('is not known before the first fetch and before the first record', () => {
    expect([lagOf().records, lagOf(new Lagging(0)).records]).toEqual([Infinity, Infinity]);
    expect([
      lagOf().ms(10_000),
      lagOf(new Lagging(0)).ms(10_000),
      lagOf(new Lagging(0, 2)).ms(10_000),
    ]).toEqual([null, null, null]);
  });
});
