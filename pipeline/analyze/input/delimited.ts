/** Text with a delimiter (RFC 4180 with commas; semicolons, tabs, bars too), as samples. */
import { Writable, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import { ConfigError } from '../../model/errors.ts';
import { guessLayout, isHead, layoutText, type Role } from './layout.ts';
import { RowSamples } from './row-samples.ts';
import type { SampleKind, SampleSink } from './sample.ts';
import type { TimeParser } from './times.ts';

export interface FileOptions {
  readonly file: string;
  /** Of all of its series, where no column says it. */
  readonly entity: string;
  readonly columns: Readonly<Partial<Record<Role, string>>>;
  readonly kinds: ReadonlyMap<string, SampleKind>;
  readonly parseTime: TimeParser;
  readonly sink: SampleSink;
  /** What was taken for what, in a line. */
  readonly onLayout: (text: string) => void;
}

const DELIMITERS = [',', ';', '\t', '|'];
/** Rows from which the layout is guessed. */
const GUESSED_ROWS = 100;
const MAX_ROW_BYTES = 1 << 20;

/** `first`: the first bytes of the file, at least its first line. @throws ConfigError for what cannot be guessed. */
export async function readDelimited(source: Readable, first: string, options: FileOptions): Promise<void> {
  const { file, parseTime } = options;
  let head: string[] | undefined;
  let early: { cells: string[]; line: number }[] = [];
  let rows: RowSamples | undefined;
  const begin = (): void => {
    const names = head!;
    const layout = guessLayout(
      names,
      early.map(({ cells }) => cells),
      { columns: options.columns, time: parseTime, file },
    );
    options.onLayout(layoutText(names, layout));
    rows = new RowSamples({ ...options, layout, width: names.length });
    for (const { cells, line } of early) rows.take(cells, line);
    early = [];
  };
  const take = (cells: string[], line: number): void => {
    if (rows !== undefined) return rows.take(cells, line);
    if (head === undefined) {
      head = isHead(cells, parseTime) ? cells : unnamed(cells);
      if (head === cells) return;
    }
    early.push({ cells, line });
    if (early.length === GUESSED_ROWS) begin();
  };
  const parser = parse({
    delimiter: delimiterOf(first),
    bom: true,
    relax_column_count: true,
    max_record_size: MAX_ROW_BYTES,
    // Taken as they are parsed: nothing is queued between.
    on_record: (cells: string[], { lines }) => {
      take(cells, lines);
      return null;
    },
  });
  try {
    await pipeline(
      source,
      parser,
      new Writable({ objectMode: true, write: (_record, _encoding, done) => done() }),
    );
  } catch (error) {
    if (error instanceof CsvError) throw new ConfigError(`${file}: ${error.message}`, { cause: error });
    throw error;
  }
  if (head === undefined) throw new ConfigError(`${file} is empty`);
  if (rows === undefined) begin();
}

/** The one that parts the first line into most cells. */
function delimiterOf(first: string): string {
  const line = first.split(/\r?\n/, 1)[0]!;
  const counted = DELIMITERS.map((delimiter) => ({ delimiter, cells: line.split(delimiter).length }));
  return counted.reduce((best, one) => (one.cells > best.cells ? one : best)).delimiter;
}

/** Names for a file without a head: what two columns are is plain. */
function unnamed(cells: readonly string[]): string[] {
  return cells.length === 2 ? ['time', 'value'] : cells.map((_, index) => `column${index + 1}`);
}
