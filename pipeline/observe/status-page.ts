/** The status as one HTML page that people can read: nested tables, escaped, without scripts. */

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#222}
table{border-collapse:collapse;margin:.2rem 0}th,td{border:1px solid #ccc;padding:.2rem .6rem;text-align:left;vertical-align:top}
th{font-weight:600;background:#f4f4f4}.not-ready{color:#a00}.ready{color:#070}`;

/** Objects deeper than this are shown as JSON. */
const MAX_DEPTH = 6;

export interface Readiness {
  readonly ready: boolean;
  /** Why not, one sentence each; empty when ready. */
  readonly reasons: readonly string[];
}

/** The page; it asks for itself again every 5 seconds. */
export function statusPage(status: object, { ready, reasons }: Readiness): string {
  const verdict = ready ? 'ready' : `not ready: ${reasons.join('; ')}`;
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta http-equiv="refresh" content="5"><title>netsigma</title><style>${STYLE}</style></head>
<body>
<h1>netsigma</h1>
<p class="${ready ? 'ready' : 'not-ready'}">${escaped(verdict)}</p>
${value(status, 0)}
<p><a href="/metrics">metrics</a> <a href="/topics">topics</a> <a href="/readyz">readiness</a></p>
</body>
</html>
`;
}

function value(node: unknown, depth: number): string {
  if (node === null || node === undefined) return '';
  if (typeof node === 'string') return escaped(node);
  if (node instanceof Date) return escaped(node.toJSON());
  // JSON.stringify gives undefined for functions and symbols, and throws on a bigint: a status holds none of them.
  if (typeof node !== 'object' || depth >= MAX_DEPTH) return escaped(JSON.stringify(node));
  const rows = Array.isArray(node) ? table(node, depth) : undefined;
  return rows ?? list(Object.entries(node), depth);
}

function list(entries: readonly (readonly [string, unknown])[], depth: number): string {
  const rows = entries.map(
    ([name, inner]) => `<tr><th>${escaped(name)}</th><td>${value(inner, depth + 1)}</td></tr>`,
  );
  return `<table>${rows.join('')}</table>`;
}

/** Objects of the same keys as one table with a head; undefined for anything else. */
function table(items: readonly unknown[], depth: number): string | undefined {
  const first = items[0];
  if (typeof first !== 'object' || first === null)
    return items.map((item) => value(item, MAX_DEPTH)).join(', ');
  const keys = Object.keys(first);
  const same = (item: unknown): item is Record<string, unknown> =>
    typeof item === 'object' && item !== null && Object.keys(item).join('\n') === keys.join('\n');
  if (keys.length === 0 || !items.every(same)) return undefined;
  const head = keys.map((key) => `<th>${escaped(key)}</th>`).join('');
  const body = items.map(
    (item) => `<tr>${keys.map((key) => `<td>${value(item[key], depth + 1)}</td>`).join('')}</tr>`,
  );
  return `<table><tr>${head}</tr>${body.join('')}</table>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
