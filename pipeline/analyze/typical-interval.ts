/** How often a series has values: the median of its last three intervals, so that one gap or one repeat changes nothing. */
export class TypicalInterval {
  #a = Number.NaN;
  #b = Number.NaN;
  #c = Number.NaN;

  /** Milliseconds since the value before. */
  add(ms: number): void {
    this.#a = this.#b;
    this.#b = this.#c;
    this.#c = ms;
  }

  /** NaN before there were two values. */
  get ms(): number {
    if (Number.isNaN(this.#a)) return Math.min(this.#c, Number.isNaN(this.#b) ? Infinity : this.#b);
    return Math.max(Math.min(this.#a, this.#b), Math.min(Math.max(this.#a, this.#b), this.#c));
  }
}
