/** States of one metric by number, as the stages know them: the same word is the same number in all of its series. */

/** What is no status has ever more of them; the stages tell so many apart. */
const MOST_STATES = 255;

export class StatusWords {
  readonly #numbers = new Map<string, number>();
  /** The words, by the values that are drawn. */
  readonly names = new Map<number, string>();
  readonly #numbersOfNumbers = new Map<number, number>();
  /** By number: the word, and where the file has a number, that. */
  readonly #states: { readonly word: string; readonly value: number }[] = [];

  get size(): number {
    return this.#states.length;
  }

  /** Undefined when there are too many. */
  ofWord(cell: string): number | undefined {
    const word = cell.trim().toLowerCase();
    const known = this.#numbers.get(word);
    if (known !== undefined || this.size >= MOST_STATES) return known;
    const number = this.size;
    // A copy: a piece of a line would hold the whole chunk of the file in memory.
    const own = Buffer.from(word).toString();
    this.#numbers.set(own, number);
    this.#states.push({ word: own, value: number });
    this.names.set(number, own);
    return number;
  }

  ofNumber(value: number): number | undefined {
    const known = this.#numbersOfNumbers.get(value);
    if (known !== undefined || this.size >= MOST_STATES) return known;
    const number = this.size;
    this.#numbersOfNumbers.set(value, number);
    this.#states.push({ word: String(value), value });
    return number;
  }

  wordOf(number: number): string {
    return this.#states[number]?.word ?? String(number);
  }

  /** What stands in the file, or for a word its number. */
  valueOf(number: number): number {
    return this.#states[number]?.value ?? number;
  }
}
