/** InfluxDB's line protocol as Telegraf writes it: `name,tag=value field=1i,other="text" timestamp`. */

export interface Line {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Integers are bigint. */
  readonly fields: Readonly<Record<string, bigint | number | string | boolean>>;
  readonly timestampNs: bigint;
}

/** @throws Error for what is not one line of it. */
export function readLine(line: string): Line {
  const [head, fields, timestamp] = split(line.trimEnd(), ' ');
  const [name, ...tags] = split(head ?? '', ',');
  if (name === undefined || fields === undefined || !/^-?\d+$/.test(timestamp ?? '')) {
    throw new Error(`not line protocol: ${line.slice(0, 200)}`);
  }
  return {
    name,
    tags: Object.fromEntries(tags.map(pair)),
    fields: Object.fromEntries(
      split(fields, ',')
        .map(pair)
        .map(([key, text]) => [key, value(text)]),
    ),
    timestampNs: BigInt(timestamp!),
  };
}

/** Parts between separators that are neither quoted nor escaped. */
function split(text: string, separator: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (letter === '\\') at += 1;
    else if (letter === '"') quoted = !quoted;
    else if (letter === separator && !quoted) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, text.slice(start)];
}

function pair(text: string): [string, string] {
  const [key = '', content = ''] = split(text, '=');
  return [unescaped(key), content];
}

function value(text: string): bigint | number | string | boolean {
  if (text.startsWith('"')) return unescaped(text.slice(1, -1));
  if (/^-?\d+[iu]$/.test(text)) return BigInt(text.slice(0, -1));
  if (/^(t|true|f|false)$/i.test(text)) return text.toLowerCase().startsWith('t');
  return Number(text);
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, '$1');
}
