/** What the first rows of a file have in one column: what a guess by content rests on. */
import { hasUnit, isMissing, looksNumeric } from './cells.ts';
import { writtenTime } from './date-forms.ts';
import { timeParser } from './times.ts';

export interface ColumnContent {
  /** Cells that say something. */
  readonly filled: number;
  /** Shares of the filled cells. */
  readonly numbers: number;
  readonly integers: number;
  /** Dates, or numbers that are those of a time from 1980 on. */
  readonly times: number;
  /** Dates that are no numbers. */
  readonly dates: number;
  /** 10:05 or 10:05:06.789, without a date. */
  readonly clocks: number;
  /** Numbers with a unit behind them. */
  readonly units: number;
  /** Words that stand for a status: up, down, ok, true. */
  readonly statuses: number;
  /** How many different cells there are. */
  readonly distinct: number;
  /** 0, 1, 2, ... in the order of the rows. */
  readonly isRowNumber: boolean;
}

/** Rows that are enough to tell. */
const LOOKED_AT = 2_000;
/** Smaller numbers are no times unless the column is called so. */
const EARLIEST_MS = Date.UTC(1980);
/** Later ones are other large numbers: counters, addresses. */
const LATEST_MS = Date.UTC(2100);
const CLOCK = /^\s*\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?(\s*[ap]m)?\s*$/i;
const STATUSES =
  /^\s*(up|down|on|off|ok|okay|good|bad|warn|warning|error|fail(ed|ure)?|alarm|critical|minor|major|normal|true|false|yes|no|enabled?|disabled?|active|inactive|online|offline|open|closed|running|stopped|healthy|unhealthy|degraded|established|idle|connect(ed)?|disconnected|unknown|testing|dormant|notpresent|lowerlayerdown)\s*$/i;

const parseTime = timeParser();

export function columnContent(rows: readonly (readonly string[])[], column: number): ColumnContent {
  const seen = new Set<string>();
  const count = { filled: 0, numbers: 0, integers: 0, times: 0, dates: 0, clocks: 0, units: 0, statuses: 0 };
  let steps = 0;
  let before = Number.NaN;
  const first = rows.slice(0, LOOKED_AT);
  for (const row of first) {
    const cell = row[column] ?? '';
    if (isMissing(cell)) continue;
    count.filled += 1;
    seen.add(cell);
    if (looksNumeric(cell)) {
      const value = Number(cell);
      count.numbers += 1;
      if (Number.isInteger(value)) count.integers += 1;
      if (value === before + 1) steps += 1;
      before = value;
      if (isGuessedTime(cell)) count.times += 1;
    } else if (isDate(cell)) {
      count.times += 1;
      count.dates += 1;
    } else if (CLOCK.test(cell)) count.clocks += 1;
    else if (hasUnit(cell)) count.units += 1;
    else if (STATUSES.test(cell)) count.statuses += 1;
  }
  const { filled } = count;
  const share = (of: number): number => (filled === 0 ? 0 : of / filled);
  return {
    filled,
    numbers: share(count.numbers),
    integers: share(count.integers),
    times: share(count.times),
    dates: share(count.dates),
    clocks: share(count.clocks),
    units: share(count.units),
    statuses: share(count.statuses),
    distinct: seen.size,
    isRowNumber: filled > 2 && steps === filled - 1 && first.length === filled,
  };
}

function isGuessedTime(cell: string): boolean {
  const timeMs = parseTime(cell);
  return timeMs >= EARLIEST_MS && timeMs < LATEST_MS;
}

/** 03/04/2026 is one, whichever way it is meant. */
function isDate(cell: string): boolean {
  return writtenTime(cell.trim(), 'dmy') !== undefined || writtenTime(cell.trim(), 'mdy') !== undefined;
}
