/**
 * How much of a table one GETBULK asks of one device, learned from its answers. Large requests cost few round trips
 * and little CPU; what an agent or a path cannot carry is lost whole and costs a timeout.
 */

/** Columns in one request: twelve of ifTable and the one of dot3StatsTable, which is a request less for each poll. */
const MAX_COLUMNS = 13;
const MAX_REPETITIONS = 100;

/** Varbinds asked for at most: about 18 kB of counters, below every agent's 64 kB and most receive buffers. */
const MAX_VARBINDS = 640;

/** Polls after which a size that failed is tried again: the failure may have been a lost packet. */
const FORGET_AFTER_POLLS = 60;

export class RequestSize {
  #repetitions: number;
  #columns = MAX_COLUMNS;
  /** Growth stops here until it is forgotten: more than this failed while this much came through. */
  #ceiling = MAX_REPETITIONS;
  #failedInPoll = false;
  #pollsSinceFailure = 0;
  #rows = 0;

  constructor(firstRepetitions: number) {
    this.#repetitions = Math.max(1, Math.min(firstRepetitions, MAX_REPETITIONS));
  }

  get columns(): number {
    return this.#columns;
  }

  /**
   * Repetitions for `columns` columns of which `done` rows are read. The row behind the last known one is asked for
   * too: it ends the column, and what an agent would send behind it belongs to other columns.
   */
  repetitions(columns: number, done: number): number {
    const missing = this.#rows + 1 - done;
    const wanted = this.#rows > 0 && missing > 0 ? Math.min(missing, this.#repetitions) : this.#repetitions;
    return Math.max(1, Math.min(wanted, Math.floor(MAX_VARBINDS / columns)));
  }

  /** Every repetition that was asked for came back: the agent can do more, so the next request doubles. */
  filled(): void {
    this.#limitAfterFailure();
    if (this.#columns < MAX_COLUMNS) this.#columns = Math.min(MAX_COLUMNS, this.#columns * 2);
    else this.#repetitions = Math.min(this.#ceiling, this.#repetitions * 2);
  }

  /** The agent cut its answer at `rows` (RFC 3416 4.2.3): asking for more makes it read what it cannot send. */
  cut(rows: number): void {
    this.#limitAfterFailure();
    this.#repetitions = Math.max(1, Math.min(this.#repetitions, rows));
  }

  /**
   * tooBig, no answer, or a datagram that came in half: fewer rows, then fewer columns, since either may be what
   * the agent or the path cannot carry.
   * @returns false when one row of one column is all that was asked for.
   */
  shrink(asked: { readonly columns: number; readonly repetitions: number }): boolean {
    this.#failedInPoll = true;
    if (asked.repetitions > 1) {
      this.#repetitions = Math.floor(asked.repetitions / 2);
      return true;
    }
    if (asked.columns > 1) {
      this.#columns = Math.ceil(asked.columns / 2);
      return true;
    }
    return false;
  }

  /** Ends a poll that read `rows` rows; 0 when it read none. */
  pollDone(rows: number): void {
    if (rows > 0) this.#rows = rows;
    this.#failedInPoll = false;
    this.#pollsSinceFailure += 1;
    if (this.#pollsSinceFailure % FORGET_AFTER_POLLS === 0) {
      this.#ceiling = Math.min(MAX_REPETITIONS, this.#ceiling * 2);
    }
  }

  /** A smaller request came through where a larger one failed. A dead device, in contrast, teaches nothing about sizes. */
  #limitAfterFailure(): void {
    if (!this.#failedInPoll) return;
    this.#failedInPoll = false;
    this.#pollsSinceFailure = 0;
    this.#ceiling = Math.max(1, this.#repetitions);
  }
}
