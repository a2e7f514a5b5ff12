/**
 * The time of a sub-topology that lives by what others send it: the smallest of their ticks. Each task upstream says
 * how many there are, and tells every partition how far it has come (see `Downstream`). So:
 *
 * - Nobody is left out: there is no time before every upstream was heard of. A partition that lags, or that nobody
 *   owns, holds time up; nothing is closed for want of it.
 * - Time only rises. An upstream that begins anew behind its last transaction may tell a tick twice, or an earlier one.
 * - What an upstream sent before its tick T lies before that tick in the log, so that at time T everything that all of
 *   them had sent before T is here.
 */
import type { ObjectState } from '../stages/stage.ts';

/** By upstream partition; NaN: not heard of. Structured-cloneable. */
type Ticks = number[];

const KEY = 'ticks';

export class UpstreamTime {
  readonly #objects: ObjectState<Ticks>;

  constructor(objects: ObjectState<Ticks>) {
    this.#objects = objects;
  }

  heard({ upstream, upstreams, tickMs }: { upstream: number; upstreams: number; tickMs: number }): void {
    const ticks = this.#objects.get(KEY) ?? [];
    while (ticks.length < upstreams) ticks.push(Number.NaN);
    if (ticks[upstream]! >= tickMs) return;
    ticks[upstream] = tickMs;
    this.#objects.set(KEY, ticks);
  }

  /** NaN while an upstream was not heard of. */
  get tickMs(): number {
    const ticks = this.#objects.get(KEY);
    return ticks === undefined ? Number.NaN : Math.min(...ticks);
  }
}
