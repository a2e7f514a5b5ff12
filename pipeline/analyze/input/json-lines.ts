/** JSON lines: an object a line, in long form or wide, its keys named as the columns of a table would be. */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { ConfigError } from '../../model/errors.ts';
import type { FileOptions } from './delimited.ts';
import { guessLayout, layoutText } from './layout.ts';
import { RowSamples } from './row-samples.ts';

const GUESSED_ROWS = 100;

/**
 * Keys that appear after the first lines are not known and not looked at; those that are absent count as missing.
 * @throws ConfigError for what cannot be guessed.
 */
export async function readJsonLines(source: Readable, options: FileOptions): Promise<void> {
  const { file, parseTime, sink } = options;
  let early: { row: Record<string, unknown>; line: number }[] = [];
  let rows: RowSamples | undefined;
  let head: string[] = [];
  const begin = (): void => {
    head = [...new Set(early.flatMap(({ row }) => Object.keys(row)))];
    const layout = guessLayout(
      head,
      early.map(({ row }) => cellsOf(row, head)),
      { columns: options.columns, time: parseTime, file },
    );
    options.onLayout(layoutText(head, layout));
    rows = new RowSamples({ ...options, layout, width: head.length });
    for (const { row, line } of early) rows.take(cellsOf(row, head), line);
    early = [];
  };
  let line = 0;
  for await (const text of createInterface({ input: source, crlfDelay: Infinity })) {
    line += 1;
    if (text.trim() === '') continue;
    const row = objectOf(text);
    if (row === undefined) {
      sink.problem({ file, line, reason: 'this is no JSON object' });
      continue;
    }
    if (rows !== undefined) rows.take(cellsOf(row, head), line);
    else {
      early.push({ row, line });
      if (early.length === GUESSED_ROWS) begin();
    }
  }
  if (rows !== undefined) return;
  if (early.length === 0) throw new ConfigError(`${file} has no JSON objects in it`);
  begin();
}

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function cellsOf(row: Readonly<Record<string, unknown>>, head: readonly string[]): string[] {
  return head.map((name) => textOf(row[name]));
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? '1' : '0';
  return value === undefined || value === null ? '' : JSON.stringify(value);
}
