/** Why metrics have no value, written into the reading out of a pool: an idle switch has some in every poll. */
import type { Reading, ReadingException } from '../../model/reading.ts';
import type { Except } from './derive.ts';
import { GOOD, NO_PACKETS, NO_SPEED, NOT_SUPPORTED, REASONS } from './rate-pass.ts';

/** At most this many go with a record. */
const MAX_EXCEPTIONS = 500;
/** What is lasting and ordinary takes no more than this of them: the rest is kept for what went wrong. */
const MAX_ORDINARY = 400;

export class RateExceptions {
  readonly #reading: Reading;
  readonly #pool: ReadingException[] = [];
  #used = 0;
  #ordinary = 0;

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  begin(): void {
    this.#used = 0;
    this.#ordinary = 0;
  }

  /** What the metric's derivation calls. A row whose quality says the same already gets no exception. */
  of(metric: string): Except {
    const { exceptions } = this.#reading;
    return (row, code) => {
      if (code === GOOD || code === this.#reading.quality[row] || exceptions.length >= MAX_EXCEPTIONS) return;
      if (code === NO_SPEED || code === NO_PACKETS || code === NOT_SUPPORTED) {
        if (this.#ordinary >= MAX_ORDINARY) return;
        this.#ordinary += 1;
      }
      const exception = (this.#pool[this.#used] ??= { row, metric, reason: '' });
      this.#used += 1;
      exception.row = row;
      exception.metric = metric;
      exception.reason = REASONS[code]!;
      exceptions.push(exception);
    };
  }
}
