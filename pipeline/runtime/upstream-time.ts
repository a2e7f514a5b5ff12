/**
 * The time of a sub-topology that lives by what others send it: the smallest of their ticks. Each task upstream says
 * how many there are, and tells every partition how far it has come (see `Downstream`). So:
 *
 * - Nobody is left out: time stands where it began, at the first record, until every upstream was heard of. A partition
 *   that lags, or that nobody owns, holds time up; nothing is closed for want of it.
 * - Time only rises. An upstream that begins anew behind its last transaction may tell a tick twice, or an earlier one.
 * - What an upstream sent before its tick T lies before that tick in the log, so that at time T everything that all of
 *   them had sent before T is here.
 */
import type { ObjectState } from '../stages/stage.ts';

/** Structured-cloneable. */
interface Heard {
  readonly beganMs: number;
  /** Last tick by upstream partition; NaN: not heard of. */
  readonly ticks: number[];
}

const KEY = 'heard';

export class UpstreamTime {
  readonly #objects: ObjectState<Heard>;

  constructor(objects: ObjectState<Heard>) {
    this.#objects = objects;
  }

  /** Of the first record: where time begins. */
  begin(sentAtMs: number): void {
    if (this.#objects.size === 0) this.#objects.set(KEY, { beganMs: sentAtMs, ticks: [] });
  }

  heard({ upstream, upstreams, tickMs }: { upstream: number; upstreams: number; tickMs: number }): void {
    this.begin(tickMs);
    const heard = this.#objects.get(KEY)!;
    const { ticks } = heard;
    while (ticks.length < upstreams) ticks.push(Number.NaN);
    if (ticks[upstream]! >= tickMs) return;
    ticks[upstream] = tickMs;
    this.#objects.set(KEY, heard);
  }

  /** NaN before the first record. */
  get tickMs(): number {
    const heard = this.#objects.get(KEY);
    if (heard === undefined) return Number.NaN;
    const least = Math.min(...heard.ticks);
    return least >= heard.beganMs && least < Infinity ? least : heard.beganMs;
  }
}
