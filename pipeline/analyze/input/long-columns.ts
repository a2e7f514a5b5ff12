/** The columns of long form: what a row measures, of which metric, and what the file says of it. */
import { ConfigError } from '../../model/errors.ts';
import type { ColumnChoice } from './column-choice.ts';
import { isCalled } from './column-names.ts';
import { kindOf } from './sample.ts';

export interface LongColumns {
  readonly value: number;
  readonly metric: number | undefined;
  readonly kind: number | undefined;
  readonly unit: number | undefined;
}

/** Long form has a column that names the metric, or one that says of a single column of values what they are. */
export function takeLong(choice: ColumnChoice): LongColumns | undefined {
  const values = choice.told('value');
  if (values.length > 1) return undefined;
  const numbers = choice.free.filter((column) => choice.isNumeric(column));
  const value =
    values[0] ??
    choice.free.find((column) => isCalled('value', choice.name(column))) ??
    (numbers.length === 1 ? numbers[0] : undefined);
  const ofMetric = (column: number): boolean => column !== value && choice.isText(column);
  const has = (role: 'metric' | 'unit' | 'kind', fits: (column: number) => boolean): boolean =>
    choice.told(role).length > 0 ||
    (value !== undefined &&
      choice.free.some((column) => isCalled(role, choice.name(column)) && fits(column)));
  const isAlone = numbers.every((column) => column === value);
  const isOfKind = (column: number): boolean => isKinds(choice, column);
  const describes = isAlone && (has('unit', ofMetric) || has('kind', isOfKind));
  if (!has('metric', ofMetric) && !describes) return undefined;
  if (value === undefined)
    throw new ConfigError(
      `${choice.file} has no column of values among ${choice.listed}: name it with --value COLUMN`,
    );
  choice.use([value]);
  return {
    value,
    metric: choice.take('metric', ofMetric),
    kind: choice.take('kind', isOfKind),
    unit: choice.take('unit', ofMetric),
  };
}

/** Misspelt kinds are refused line by line: as a label they would make series of their own. */
function isKinds(choice: ColumnChoice, column: number): boolean {
  const { rows } = choice;
  if (isCalled('ownKind', choice.name(column)) && choice.isText(column)) return true;
  const cells = rows.map((row) => (row[column] ?? '').trim()).filter((cell) => cell !== '');
  return cells.length > 0 && cells.filter((cell) => kindOf(cell) !== undefined).length >= cells.length / 2;
}
