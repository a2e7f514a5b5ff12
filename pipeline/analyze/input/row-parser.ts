/** Lines with a delimiter as rows of cells. Those without quotes are parted here; the others are RFC 4180's. */
import { CsvError } from 'csv-parse';
import { parse } from 'csv-parse/sync';

export interface RowParserOptions {
  readonly delimiter: string;
  /** `line`: where the row begins. */
  readonly onRow: (cells: readonly string[], line: number) => void;
  readonly onProblem: (line: number, reason: string) => void;
}

/** Lines with quotes that are parsed in one go: a call of the library costs as much as ten lines. */
const QUOTED_LINES = 500;
/** A quote that closes no sooner was never meant to open. */
const LINES_A_ROW = 100;

interface Line {
  readonly text: string;
  readonly number: number;
}

export class RowParser {
  readonly #options: RowParserOptions;
  /** Lines with quotes, and whatever follows a quote that has not closed. */
  #held: Line[] = [];
  #isOpen = false;

  constructor(options: RowParserOptions) {
    this.#options = options;
  }

  line(text: string, number: number): void {
    const isPlain = !text.includes('"');
    if (isPlain && !this.#isOpen) {
      this.flush();
      if (this.#held.length === 0) {
        if (text.trim() !== '') this.#options.onRow(text.split(this.#options.delimiter), number);
        return;
      }
    }
    this.#held.push({ text, number });
    const mayClose = this.#isOpen && !isPlain;
    if (mayClose || this.#held.length >= (this.#isOpen ? LINES_A_ROW : QUOTED_LINES)) this.flush();
  }

  /** Sends the rows that are whole. */
  flush(): void {
    this.#send(false);
  }

  /** No more lines come. */
  end(): void {
    this.#send(true);
  }

  #send(isEnd: boolean): void {
    const { onRow, onProblem } = this.#options;
    const lines = this.#held;
    if (lines.length === 0) return;
    this.#held = [];
    this.#isOpen = false;
    const rows = this.#parsed(lines.map(({ text }) => text).join('\n'));
    if (rows?.length === lines.length) {
      for (const [at, cells] of rows.entries()) onRow(cells, lines[at]!.number);
      return;
    }
    for (let at = 0; at < lines.length;) {
      const [row, count] = this.#rowAt(lines, at);
      if (row !== undefined) onRow(row, lines[at]!.number);
      else if (!isEnd && lines.length - at < LINES_A_ROW) {
        this.#held = lines.slice(at);
        this.#isOpen = true;
        return;
      } else onProblem(lines[at]!.number, 'a quote opens here and does not close');
      at += count;
    }
  }

  /** The row that begins with line `at`, and how many lines it takes; none when its quote does not close. */
  #rowAt(lines: readonly Line[], at: number): readonly [row: string[] | undefined, count: number] {
    let text = '';
    for (let count = 1; count <= LINES_A_ROW && at + count <= lines.length; count += 1) {
      const next = lines[at + count - 1]!.text;
      text = count === 1 ? next : `${text}\n${next}`;
      // Only a quote closes a quote.
      const row = count === 1 || next.includes('"') ? this.#parsed(text)?.[0] : undefined;
      if (row !== undefined) return [row, count];
    }
    return [undefined, 1];
  }

  /** Undefined when a quote does not close. */
  #parsed(text: string): string[][] | undefined {
    const { delimiter } = this.#options;
    try {
      return parse(text, { delimiter, relax_column_count: true, relax_quotes: true });
    } catch (error) {
      if (error instanceof CsvError) return undefined;
      throw error;
    }
  }
}
