/** Whether the rows of a file come in the order of their times, series by series. */

export type RowOrder = 'rising' | 'falling' | 'mixed';

/** Rows that are not newer than the one before in their series: more than this share is no accident. */
const FEW = 0.05;
const NEARLY_ALL = 0.9;

export class RowOrderWatch {
  readonly #last = new Map<string, number>();
  #rises = 0;
  #falls = 0;
  #repeats = 0;

  /** A row of `series`. */
  look(series: string, timeMs: number): void {
    const before = this.#last.get(series);
    this.#last.set(series, timeMs);
    if (before === undefined) return;
    if (timeMs > before) this.#rises += 1;
    else if (timeMs < before) this.#falls += 1;
    else this.#repeats += 1;
  }

  get order(): RowOrder {
    const moves = this.#rises + this.#falls;
    if (this.#falls >= 2 && this.#falls >= NEARLY_ALL * moves) return 'falling';
    return this.#falls > FEW * (moves + this.#repeats) ? 'mixed' : 'rising';
  }

  /** Share of the rows that have the time of the one before in their series. */
  get repeats(): number {
    const all = this.#rises + this.#falls + this.#repeats;
    return all === 0 ? 0 : this.#repeats / all;
  }
}
