import { describe, expect, it } from '@jest/globals';
import type { BrokerRecord } from '../../pipeline/broker/port.ts';
import { FoldOrder } from '../../pipeline/runtime/fold-order.ts';

const record = (topic: string, offset: number, appendedAtMs: number): BrokerRecord => ({
  topic,
  partition: 0,
  offset,
  appendedAtMs,
  key: null,
  value: null,
});

function order(states: Record<string, { position: number; lastStableOffset: number }>) {
  const made = new FoldOrder(['b', 'a'], (topic) => states[topic]);
  return {
    made,
    push(topic: string, ...records: BrokerRecord[]) {
      made.announce(topic);
      made.push(topic, records);
    },
    all(): string[] {
      const taken: string[] = [];
      for (let next = made.take(); next !== undefined; next = made.take())
        taken.push(`${next.topic}${next.offset}`);
      return taken;
    },
  };
}

describe('fold order', () => {
  it('takes the lowest append time first, ties by topic name, then offset', () => {
    const { push, all } = order({
      a: { position: 9, lastStableOffset: 9 },
      b: { position: 9, lastStableOffset: 9 },
    });
    push('b', record('b', 0, 1), record('b', 1, 5), record('b', 2, 5));
    push('a', record('a', 0, 5), record('a', 1, 6));
    expect(all()).toEqual(['b0', 'a0', 'b1', 'b2', 'a1']);
  });

  it('waits for an input that has not been read to its end', () => {
    const states = { a: { position: 0, lastStableOffset: 3 }, b: { position: 1, lastStableOffset: 1 } };
    const { made, push } = order(states);
    push('b', record('b', 0, 10));
    expect(made.take()).toBeUndefined();
    expect(made.waiting).toBe(true);
    states.a.position = 3; // only control records were there
    expect(made.take()?.topic).toBe('b');
  });

  it('waits for a batch that is still being prepared', () => {
    const { made, push } = order({
      a: { position: 1, lastStableOffset: 1 },
      b: { position: 1, lastStableOffset: 1 },
    });
    push('b', record('b', 0, 10));
    made.announce('a');
    expect(made.take()).toBeUndefined();
    made.push('a', [record('a', 0, 9)]);
    expect(made.take()?.topic).toBe('a');
  });

  it('waits for an input that was never fetched', () => {
    const { made, push } = order({ b: { position: 1, lastStableOffset: 1 } });
    push('b', record('b', 0, 10));
    expect(made.take()).toBeUndefined();
    expect(made.idle).toBe(false);
  });
});
