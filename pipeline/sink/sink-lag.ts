/** How far a sink is behind its topics. */
import type { Consumer, TopicPartition } from '../broker/port.ts';

export interface TakenPartition extends TopicPartition {
  /** Append time of the last record that was taken. */
  readonly lastAppendMs?: number;
}

export class SinkLag {
  readonly #consumer: () => Consumer | undefined;
  readonly #owned: ReadonlyMap<string, TakenPartition>;

  constructor(consumer: () => Consumer | undefined, owned: ReadonlyMap<string, TakenPartition>) {
    this.#consumer = consumer;
    this.#owned = owned;
  }

  /** Records of the owned partitions that have not been taken; Infinity before the first fetch. */
  get records(): number {
    let lag = this.#owned.size === 0 ? Infinity : 0;
    for (const partition of this.#owned.values()) lag += this.#of(partition);
    return lag;
  }

  /** Since the last record that was taken of the partition that is the furthest behind; null when not known. */
  ms(nowMs: number): number | null {
    let lagMs = 0;
    for (const partition of this.#owned.values()) {
      if (this.#of(partition) === 0) continue;
      if (partition.lastAppendMs === undefined) return null;
      lagMs = Math.max(lagMs, nowMs - partition.lastAppendMs);
    }
    return lagMs;
  }

  #of(partition: TopicPartition): number {
    const state = this.#consumer()?.fetchState(partition);
    return state === undefined ? Infinity : Math.max(0, state.lastStableOffset - state.position);
  }
}
