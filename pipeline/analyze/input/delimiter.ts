/** What stands between the cells of a file, told by its first lines. */

/** Where two part as many lines, the earlier one: commas may stand within numbers. */
const DELIMITERS = ['\t', ';', '|', ','];
/** Excel's own word: `sep=;` as a first line. */
const TOLD = /^"?sep=(?<delimiter>[^"])"?$/i;

export interface FoundDelimiter {
  readonly delimiter: string;
  /** Whether the first line says nothing but this. */
  readonly isTold: boolean;
}

/** The one that parts most lines into the same number of cells. */
export function delimiterOf(lines: readonly string[]): FoundDelimiter {
  const told = TOLD.exec(lines[0] ?? '')?.groups?.['delimiter'];
  if (told !== undefined) return { delimiter: told, isTold: true };
  // What stands in quotes parts nothing, over the ends of lines as well, unless a quote never closes.
  const unquoted = withoutQuoted(lines.join('\n')).split('\n');
  const delimiter = partingMost(unquoted) ?? partingMost(lines.map(withoutQuoted)) ?? ',';
  return { delimiter, isTold: false };
}

function partingMost(lines: readonly string[]): string | undefined {
  let best: string | undefined;
  let most = 0;
  for (const delimiter of DELIMITERS) {
    const alike = linesAlike(lines, delimiter);
    if (alike > most) {
      best = delimiter;
      most = alike;
    }
  }
  return best;
}

function withoutQuoted(text: string): string {
  return text.replace(/"[^"]*("|$)/g, '');
}

/** How many lines have the commonest number of cells; those of one cell do not count. */
function linesAlike(lines: readonly string[], delimiter: string): number {
  const counts = new Map<number, number>();
  for (const line of lines) {
    const cells = line.split(delimiter).length;
    if (cells > 1) counts.set(cells, (counts.get(cells) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values());
}
