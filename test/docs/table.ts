/** Markdown tables. Cells are text, apart from `code` and links. */

export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, header.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map(escaped).join(' | ')} |`)
    .join('\n');
}

export function code(text: string): string {
  return text === '' ? '' : `\`${text}\``;
}

function escaped(cell: string): string {
  // Outside code spans `<name>` would be taken for HTML.
  const plain = cell.startsWith('`') ? cell : cell.replaceAll('<', '&lt;');
  return plain.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
