/**
 * The time of a sub-topology that lives by what others send it: the smallest of their ticks. Each task upstream says
 * how many there are, and tells every partition how far it has come (see `Downstream`). So:
 *
 * - Nobody is left out: there is no time before every upstream was heard of. A partition that lags, or that nobody
 *   owns, holds time up; nothing is closed for want of it.
 * - It begins where the earliest was sent of all that was there by then: who is heard of first may be far ahead.
 * - Time only rises. An upstream that begins anew behind its last transaction may tell a tick twice, or an earlier one.
 * - What an upstream sent before its tick T lies before that tick in the log, so that at time T everything that all of
 *   them had sent before T is here.
 */
import type { ObjectState } from '../stages/stage.ts';

/** Who tells how far it has come. */
export interface Upstream {
  readonly upstream: number;
  readonly upstreams: number;
}

/** Structured-cloneable. */
interface Heard {
  /** When the earliest record was sent of those before everybody was heard of. */
  readonly sinceMs: number;
  /** Last tick by upstream partition; NaN: not heard of. */
  readonly ticks: number[];
}

const KEY = 'heard';
const NOTHING: Heard = { sinceMs: Infinity, ticks: [] };

export class UpstreamTime {
  readonly #objects: ObjectState<Heard>;

  constructor(objects: ObjectState<Heard>) {
    this.#objects = objects;
  }

  /** Takes in a record; `from`: it is a tick. @returns the time that it brings, NaN while there is none. */
  advance(sentAtMs: number, from?: Upstream): number {
    const before = this.#objects.get(KEY) ?? NOTHING;
    const wasKnown = isKnown(before);
    if (wasKnown && from === undefined) return leastOf(before);
    const sinceMs = wasKnown ? before.sinceMs : Math.min(before.sinceMs, sentAtMs);
    const ticks = from === undefined ? before.ticks : withTick(before.ticks, sentAtMs, from);
    const heard = { sinceMs, ticks };
    this.#objects.set(KEY, heard);
    if (wasKnown) return leastOf(heard);
    return isKnown(heard) ? sinceMs : Number.NaN;
  }
}

function withTick(before: readonly number[], tickMs: number, { upstream, upstreams }: Upstream): number[] {
  const ticks = Array.from(
    { length: Math.max(before.length, upstreams) },
    (_, at) => before[at] ?? Number.NaN,
  );
  if (!(ticks[upstream]! >= tickMs)) ticks[upstream] = tickMs;
  return ticks;
}

function isKnown({ ticks }: Heard): boolean {
  return ticks.length > 0 && !ticks.some(Number.isNaN);
}

function leastOf({ ticks }: Heard): number {
  return Math.min(...ticks);
}
