/** The YAML text of a configuration and where in it each key stands. Messages never repeat the text: it may hold secrets. */
import { isMap, isNode, isPair, isScalar, LineCounter, parseDocument, type Document, type Node } from 'yaml';

/** Far above any real configuration, far below what could hurt. */
const MAX_CHARACTERS = 1_000_000;

export interface YamlSource {
  /** The document as plain values; an empty object when it is empty or cannot be read. */
  readonly tree: Record<string, unknown>;
  readonly problems: readonly string[];
  /** Line of the key at `path`, counted from 1, or of the nearest key above it that is in the text. */
  line(path: readonly PropertyKey[]): number | undefined;
}

/** Reads `text`; `name` is what messages call it. */
export function yamlSource(text: string, name: string): YamlSource {
  if (text.length > MAX_CHARACTERS) {
    return unread([`${name} has ${text.length} characters: at most ${MAX_CHARACTERS} are read`]);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  if (document.errors.length > 0) {
    return unread(
      document.errors.map(({ code, pos }) => {
        const reason = code.toLowerCase().replaceAll('_', ' ');
        return `${name}:${lines.linePos(pos[0]).line}: not readable as YAML (${reason})`;
      }),
    );
  }
  const line = (path: readonly PropertyKey[]) => keyLine(document, path, lines);
  const { tree, problem } = plainTree(document);
  if (problem !== undefined) return unread([`${name}: ${problem}`]);
  return { tree, problems: [], line };
}

function unread(problems: string[]): YamlSource {
  return { tree: {}, problems, line: () => undefined };
}

function plainTree(document: Document): { tree: Record<string, unknown>; problem?: string } {
  let tree: unknown;
  try {
    tree = document.toJS({ maxAliasCount: 100 });
  } catch {
    return { tree: {}, problem: 'an alias (*name) has no anchor, or aliases unfold to more than 100 times' };
  }
  if (tree === null || tree === undefined) return { tree: {} };
  if (typeof tree !== 'object' || Array.isArray(tree)) {
    return { tree: {}, problem: 'expected keys and values, such as "http: { port: 9464 }"' };
  }
  return { tree: tree as Record<string, unknown> };
}

function keyLine(document: Document, path: readonly PropertyKey[], lines: LineCounter): number | undefined {
  let node: unknown = document.contents;
  let found: Node | undefined;
  for (const name of path) {
    if (!isMap(node)) break;
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(name));
    if (!isPair(pair) || !isNode(pair.key)) break;
    found = pair.key;
    node = pair.value;
  }
  const offset = found?.range?.[0];
  return offset === undefined ? undefined : lines.linePos(offset).line;
}
