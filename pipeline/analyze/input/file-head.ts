/** Where the rows of a table begin, and what its columns are called. */
import { isMissing, looksNumeric } from './cells.ts';
import { timeParser } from './times.ts';

export interface FileHead {
  readonly names: readonly string[];
  /** Rows that are no data: what stands above the table, and its head. */
  readonly above: number;
}

const parseTime = timeParser();

/** `rows`: the first of the file. `said`: the cells of a comment above them, which may be the head. */
export function fileHead(rows: readonly (readonly string[])[], said: readonly string[]): FileHead {
  const width = commonest(rows.map(({ length }) => length));
  // Titles, the date of a report. R names its rows, and not the column of their names.
  const from = Math.max(
    0,
    rows.findIndex(({ length }) => length >= width - 1 && (length > 1 || width === 1)),
  );
  const [first = [], ...data] = rows.slice(from);
  if (isHead(first, data)) {
    const isShort = first.length === width - 1 && data.some((cells) => (cells[width - 1] ?? '') !== '');
    return { names: isShort ? ['', ...first] : first, above: from + 1 };
  }
  const isSaid = said.length === width && !said.some(isTime);
  return { names: isSaid ? said : unnamed(width), above: from };
}

/** Names stand where a column has times or numbers below, and something else here; or where there is no value at all. */
function isHead(first: readonly string[], data: readonly (readonly string[])[]): boolean {
  if (!first.some(isValue)) return true;
  return first.some((name, column) => {
    if (isMissing(name) || isValue(name)) return false;
    const cells = data.map((row) => row[column] ?? '').filter((cell) => !isMissing(cell));
    return cells.filter(isValue).length > cells.length / 2;
  });
}

function isValue(cell: string): boolean {
  return looksNumeric(cell) || isTime(cell);
}

function isTime(cell: string): boolean {
  return !Number.isNaN(parseTime(cell));
}

/** Names for a file without a head: what two columns are is plain. */
function unnamed(width: number): string[] {
  return width === 2 ? ['time', 'value'] : Array.from({ length: width }, (_, index) => `column${index + 1}`);
}

function commonest(counts: readonly number[]): number {
  const seen = new Map<number, number>();
  for (const count of counts) seen.set(count, (seen.get(count) ?? 0) + 1);
  return [...seen].reduce((best, one) => (one[1] > best[1] ? one : best), [0, 0])[0];
}
