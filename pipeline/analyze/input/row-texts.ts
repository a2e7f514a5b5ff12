/** What texts of a row say, and how they are shown. */

/** Longest cell that is shown in a message. */
const SHOWN = 40;
/** Names that are listed. */
const SHOWN_NAMES = 20;
const INSTANCE_SEPARATOR = ' ';

/** The text of a row's time: one cell, or a date's and a clock's. */
export function timeText(cells: readonly string[], time: readonly number[]): string {
  const first = cells[time[0]!] ?? '';
  return time.length === 1 ? first : `${first} ${cells[time[1]!] ?? ''}`;
}

export function instanceOf(cells: readonly string[], columns: readonly number[]): string {
  if (columns.length === 0) return '';
  if (columns.length === 1) return (cells[columns[0]!] ?? '').trim();
  return columns
    .map((column) => (cells[column] ?? '').trim())
    .join(INSTANCE_SEPARATOR)
    .trim();
}

export function shown(text: string): string {
  return JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text);
}

/** Names in quotes, the first of them. */
export function listed(names: readonly string[], most = SHOWN_NAMES): string {
  const quoted = names.slice(0, most).map((name) => `"${name}"`);
  return `${quoted.join(', ')}${names.length > most ? ` and ${names.length - most} more` : ''}`;
}

export function timeReason(text: string): string {
  const year = /^\s*(\d{4})[-/.]/.exec(text)?.[1];
  if (year !== undefined && Number(year) < 1970) return `${shown(text)} is before 1970`;
  return `${shown(text)} is no time`;
}

/** A name says that it is a share of a hundred. */
export function unitOf(metric: string): string | null {
  return /(_pct|_percent(age)?|percent|%)\)?$/i.test(metric) ? '%' : null;
}

/** A copy: a piece of a line would hold the whole chunk of the file in memory. */
export function flat(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}
