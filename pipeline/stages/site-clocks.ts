/** Wall clocks by zone, as sites name them. */
import { wallClock, type WallClock } from '../model/wall-clock.ts';

export class SiteClocks {
  readonly #clocks = new Map<string, WallClock>();

  /** A zone that nobody knows still has days: UTC's, whose `timeZone` is another one then. */
  of(timeZone: string): WallClock {
    let clock = this.#clocks.get(timeZone);
    if (clock === undefined) {
      clock = knownClock(timeZone) ?? wallClock('UTC');
      this.#clocks.set(timeZone, clock);
    }
    return clock;
  }
}

function knownClock(timeZone: string): WallClock | undefined {
  try {
    return wallClock(timeZone);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
