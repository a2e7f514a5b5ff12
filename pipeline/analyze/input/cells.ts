/** What a cell says: a number as people write them, nothing at all, or a word. */

/** Which sign stands before the decimals. */
export type Decimal = 'point' | 'comma';

/** NaN for what is no finite number. */
export type NumberParser = (cell: string) => number;

/** Larger ones do not fit into the state of a series. */
const LARGEST = 1e37;

const MISSING = /^\s*(|nan|null|none|nil|n\/?a|#n\/a|-+|\?|undefined|missing|\\n)\s*$/i;
/** Digits with at most signs, separators, an exponent and a percent sign around them. */
const NUMERIC = /^\s*[+-]?(?:\d[\d.,' ]*|[.,]\d+)(?:e[+-]?\d+)?\s*%?\s*$/i;
const THOUSANDS = {
  point: /^[+-]?\d{1,3}(?:[,' ]\d{3})+(?:\.\d+)?$/,
  comma: /^[+-]?\d{1,3}(?:[.' ]\d{3})+(?:,\d+)?$/,
} as const;
const COMMA_DECIMALS = /^[+-]?\d*,\d+(?:e[+-]?\d+)?\s*%?$/i;
const POINT_DECIMALS = /^[+-]?\d*\.\d+(?:e[+-]?\d+)?\s*%?$/i;

/** Nothing measured: an empty cell, or one of the words for it. */
export function isMissing(cell: string): boolean {
  return cell === '' || MISSING.test(cell);
}

export function numberParser(decimal: Decimal): NumberParser {
  return (cell) => {
    const plain = Number(cell);
    // Of blanks Number makes 0.
    if (plain !== 0 || cell.trim() !== '') {
      if (plain <= LARGEST && plain >= -LARGEST) return plain;
      if (!Number.isNaN(plain)) return Number.NaN;
    }
    return written(cell, decimal);
  };
}

/** Whether a cell is one of the forms of a number, whichever sign stands before its decimals. No address is. */
export function looksNumeric(cell: string): boolean {
  return !Number.isNaN(written(cell, 'point')) || !Number.isNaN(written(cell, 'comma'));
}

/** 5.3 ms, 1.2 Gb/s: numbers that only their units make comparable. */
export function hasUnit(cell: string): boolean {
  return /^\s*[+-]?[\d.,]+\s*[a-z\u00b5\u03bc\u00b0][a-z/\u00b0]{0,7}\s*$/i.test(cell);
}

/**
 * `delimiter`: what stands between cells. 1,234 is a number of four digits where commas stand between cells, and a
 * small one elsewhere, unless other numbers of the file have points.
 */
export function decimalOf(cells: Iterable<string>, delimiter: string): Decimal {
  let commas = 0;
  for (const cell of cells) {
    const plain = cell.trim();
    const isGrouped = THOUSANDS.comma.test(plain);
    if (POINT_DECIMALS.test(plain) && !isGrouped) return 'point';
    const hasComma = COMMA_DECIMALS.test(plain) && (delimiter !== ',' || !THOUSANDS.point.test(plain));
    if (hasComma || (isGrouped && plain.includes(','))) commas += 1;
  }
  return commas > 0 ? 'comma' : 'point';
}

function written(cell: string, decimal: Decimal): number {
  if (!NUMERIC.test(cell)) return Number.NaN;
  let text = cell.trim().replace(/\s*%$/, '');
  if (THOUSANDS[decimal].test(text)) text = text.replace(decimal === 'point' ? /[,' ]/g : /[.' ]/g, '');
  const value = Number(decimal === 'comma' ? text.replace(',', '.') : text);
  return Math.abs(value) <= LARGEST ? value : Number.NaN;
}
