/** A file with a delimiter (commas, semicolons, tabs, bars), line by line. */
import { ConfigError } from '../../model/errors.ts';
import { counted } from '../report/plain-text.ts';
import { delimiterOf } from './delimiter.ts';
import { fileHead } from './file-head.ts';
import { RowIntake, type FileOptions } from './row-intake.ts';
import { RowParser } from './row-parser.ts';
import type { LineSink } from './text-lines.ts';

/** Lines that tell the delimiter, and whether the first is a head. */
const FIRST_LINES = 50;
const COMMENT = /^#\s*/;

interface Line {
  readonly text: string;
  readonly number: number;
}

export class DelimitedLines implements LineSink {
  readonly #options: FileOptions;
  #first: Line[] = [];
  #parser: RowParser | undefined;
  #intake: RowIntake | undefined;

  constructor(options: FileOptions) {
    this.#options = options;
  }

  /** @throws ConfigError when what the columns mean cannot be told. */
  line(text: string, number: number): void {
    if (this.#parser !== undefined) this.#parser.line(text, number);
    else if (this.#first.length > 0 || text.trim() !== '') {
      this.#first.push({ text, number });
      if (this.#first.length === FIRST_LINES) this.#begin();
    }
  }

  tooLong(number: number): void {
    this.#problem(number, 'the line is too long');
  }

  /** No more lines come. @throws ConfigError as `line`. */
  end(): void {
    if (this.#parser === undefined) this.#begin();
    this.#parser!.end();
    this.#intake!.end();
  }

  #begin(): void {
    const { file, note } = this.#options;
    const first = this.#first;
    this.#first = [];
    if (first.length === 0) throw new ConfigError(`${file} is empty`);
    const comments = first.findIndex(({ text }) => !COMMENT.test(text));
    if (comments < 0)
      throw new ConfigError(`${file} begins with ${counted(first.length, 'line')} of comments`);
    const lines = first.slice(comments);
    const { delimiter, isTold } = delimiterOf(lines.map(({ text }) => text));
    const rows: { readonly cells: readonly string[]; readonly line: number }[] = [];
    this.#parser = new RowParser({
      delimiter,
      onRow: (cells, line) => {
        if (this.#intake === undefined) rows.push({ cells, line });
        else this.#intake.take(cells, line);
      },
      onProblem: (line, reason) => this.#problem(line, reason),
    });
    for (const { text, number } of isTold ? lines.slice(1) : lines) this.#parser.line(text, number);
    this.#parser.flush();
    const said = first[comments - 1]?.text.replace(COMMENT, '').split(delimiter) ?? [];
    const { names, above } = fileHead(
      rows.map(({ cells }) => cells),
      said,
    );
    if (above > 1)
      note(`${file}: lines 1 to ${rows[above - 1]!.line - 1} are above the table: not looked at`);
    this.#intake = new RowIntake(names, delimiter, this.#options);
    for (const { cells, line } of rows.slice(above)) this.#intake.take(cells, line);
  }

  #problem(line: number, reason: string): void {
    const { sink, file } = this.#options;
    sink.problem({ file, line, reason });
  }
}
