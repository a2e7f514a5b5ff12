/**
 * Which columns tell series apart. A column that is called `host` is one; of others, those without which two rows would
 * be the same series at the same time. A text that is the same everywhere says nothing, and costs nothing.
 */
import type { ColumnChoice } from './column-choice.ts';
import { isCalled } from './column-names.ts';

/** Rows that repeat the time and labels of another: so many are the recorder's, not another series'. */
const FEW = 0.01;
/** A label that parts rows leaves at most this share of the repeats. */
const LEFT = 0.5;
/** Texts that differ in more than this share of the rows say something of the row, not of a series. */
const MOST_DISTINCT = 0.5;
/** Fewer rows say nothing of that. */
const ENOUGH_ROWS = 20;
/** A text of all series stands in so many rows: one that comes and goes would make two of each. */
const NEARLY_ALL = 0.95;

/** Takes the labels, in the order of the columns. `given`: those that are labels already. */
export function takeLabels(
  choice: ColumnChoice,
  time: readonly number[],
  given: readonly number[],
): number[] {
  const { rows } = choice;
  const labels: number[] = [];
  let repeats = repeated(rows, [...time, ...given]);
  const add = (column: number): void => {
    labels.push(column);
    choice.use([column]);
    repeats = repeated(rows, [...time, ...given, ...labels]);
  };
  const parts = (column: number): boolean =>
    repeats > FEW && repeated(rows, [...time, ...given, ...labels, column]) <= LEFT * repeats;
  const isNamed = (column: number): boolean =>
    isCalled('entity', choice.name(column)) || isCalled('instance', choice.name(column));
  const { free } = choice;
  const texts = free.filter((column) => choice.isText(column));
  for (const column of texts) {
    const { distinct, filled } = choice.content(column);
    const isOwn = distinct > MOST_DISTINCT * filled && filled >= ENOUGH_ROWS;
    const isState = choice.isStatus(column) || isCalled('status', choice.name(column));
    if (
      (isNamed(column) && !isOwn && !isState) ||
      (distinct === 1 && filled >= NEARLY_ALL * rows.length && !isState)
    )
      add(column);
  }
  for (const column of texts) if (!labels.includes(column) && parts(column)) add(column);
  const ids = free.filter((column) => choice.isNumeric(column) && choice.content(column).integers === 1);
  for (const column of ids)
    if ((isNamed(column) || isCalled('id', choice.name(column))) && parts(column)) add(column);
  return labels.sort((a, b) => a - b);
}

/** The share of rows whose cells in these columns another row has had. */
function repeated(rows: readonly (readonly string[])[], columns: readonly number[]): number {
  const seen = new Set<string>();
  for (const row of rows) seen.add(columns.map((column) => row[column] ?? '').join('\0'));
  return rows.length === 0 ? 0 : 1 - seen.size / rows.length;
}
