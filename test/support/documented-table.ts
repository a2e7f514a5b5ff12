/** The numbers of a page of docs/ that a test holds the code to: the first table below a heading, without its header. */
import { readFileSync } from 'node:fs';

/** @throws Error when the page has no such heading, or no table below it. */
export function documentedTable(page: string, heading: string): string[][] {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8');
  const [, below] = text.split(new RegExp(`^#+ ${heading}$`, 'm'));
  const table = below?.split(/^#+ /m)[0]!.match(/(?:^\|.*\|\n)+/m)?.[0];
  if (table === undefined) throw new Error(`docs/${page} has no table below "${heading}"`);
  const rows = table.trim().split('\n').slice(2);
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
