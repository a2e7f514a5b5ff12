/** A YAML file that people write, checked by a strict schema: every problem with its line and what would be right. */
import { closest } from 'fastest-levenshtein';
import { isNode, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { issueReason, shownValue } from '../config/issue-words.ts';
import { valueAt } from '../config/names.ts';
import { ConfigError } from '../model/errors.ts';

export interface CheckedYaml<T> {
  readonly values: T;
  /** "line 12: devices[2].address", of the nearest thing at or above the path that is in the text. */
  where(path: readonly PropertyKey[]): string;
}

export interface YamlRules<S extends z.ZodType> {
  /** What messages call the text, such as the file's path. */
  readonly name: string;
  readonly schema: S;
  /** The keys that an object at `path` may have: for the nearest one to a key that is unknown there. */
  readonly knownKeys: (path: readonly PropertyKey[], tree: unknown) => readonly string[];
}

/** 100,000 devices with a few lines each; far below what the parser could not hold. */
const MAX_CHARACTERS = 64_000_000;
const SHOWN_PROBLEMS = 50;

/** @throws ConfigError that lists every problem: line, key, what is wrong, what is near. */
export function checkedYaml<S extends z.ZodType>(
  text: string,
  rules: YamlRules<S>,
): CheckedYaml<z.output<S>> {
  const { name, schema, knownKeys } = rules;
  if (text.length > MAX_CHARACTERS) {
    throw new ConfigError(`${name} has ${text.length} characters: at most ${MAX_CHARACTERS} are read`);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw refused(
      name,
      document.errors.map(({ message, pos }) => `line ${lines.linePos(pos[0]).line}: ${message}`),
    );
  }
  const where = (path: readonly PropertyKey[]) => `${lineOf(document, path, lines)}${pathText(path)}`;
  const tree = plainTree(document, name) ?? {};
  const checked = schema.safeParse(tree);
  if (checked.success) return { values: checked.data, where };
  const problems = checked.error.issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') {
      const value = valueAt(tree, issue.path);
      return [`${where(issue.path)}${shownValue(value)} ${issueReason(issue, value)}`];
    }
    const known = knownKeys(issue.path, tree);
    return issue.keys.map(
      (key) => `${where([...issue.path, key])}: unknown key: the nearest is ${closest(key, known)}`,
    );
  });
  throw refused(name, problems);
}

/** The error that says what is wrong with the text called `name`. */
export function refused(name: string, problems: readonly string[]): ConfigError {
  const shown = problems.slice(0, SHOWN_PROBLEMS);
  const rest = problems.length > shown.length ? [`and ${problems.length - shown.length} more`] : [];
  return new ConfigError([`${name} is wrong:`, ...shown, ...rest].join('\n  '));
}

function plainTree(document: Document, name: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw new ConfigError(`${name}: an alias (*name) has no anchor, or aliases unfold to too much`, {
      cause,
    });
  }
}

/** "line 12: ", of the nearest node at or above `path` that is in the text. */
function lineOf(document: Document, path: readonly PropertyKey[], lines: LineCounter): string {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const node = document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return `line ${lines.linePos(node.range[0]).line}: `;
  }
  return '';
}

/** devices[2].address */
function pathText(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the text';
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}
