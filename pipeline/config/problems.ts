/** What zod found, as lines for people: the key, where it stands, what is wrong, what is near. */
import { closest } from 'fastest-levenshtein';
import type { z } from 'zod';
import { CREDENTIAL_KEYS, CREDENTIAL_SECRETS } from './credentials.ts';
import { allSettings, valueAt } from './names.ts';

/** One line an issue; one an unknown key. `where` says where a path stands, such as "netsigma.yaml:12". */
export function issueLines(
  issue: z.core.$ZodIssue,
  tree: Record<string, unknown>,
  where: (path: readonly PropertyKey[]) => string,
): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const path = [...issue.path.map(String), key];
      return `${where(path)}: unknown key ${path.join('.')}: the nearest is ${nearestKey(path)}`;
    });
  }
  const value = valueAt(tree, issue.path);
  return [`${where(issue.path)}: ${issue.path.join('.')}${shown(issue.path, value)} ${reason(issue, value)}`];
}

/** The known key that an unknown one most likely means: the same name elsewhere, else the closest beside it. */
export function nearestKey(path: readonly string[]): string {
  const key = path.at(-1)!;
  const above = path.slice(0, -1);
  if (above[0] === 'credentials') return [...above, closest(key, [...CREDENTIAL_KEYS.keys()])].join('.');
  const known = allSettings().map((setting) => setting.path);
  const elsewhere = known.find((candidate) => candidate.at(-1) === key);
  if (elsewhere !== undefined) return elsewhere.join('.');
  const beside = known.filter((candidate) => above.every((part, depth) => candidate[depth] === part));
  return [...above, closest(key, [...new Set(beside.map((candidate) => candidate[above.length]!))])].join(
    '.',
  );
}

function shown(path: readonly PropertyKey[], value: unknown): string {
  const secret = (CREDENTIAL_SECRETS as readonly PropertyKey[]).includes(path.at(-1) ?? '');
  const plain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  const url = path.join('.') === 'database.url';
  return plain && !secret && !url ? ` = ${JSON.stringify(value).slice(0, 80)}` : '';
}

function reason(issue: z.core.$ZodIssue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      if (value === undefined) return 'is missing';
      return `is wrong: expected ${TYPE_WORDS[issue.expected] ?? issue.expected}`;
    case 'too_small':
    case 'too_big': {
      const limit = issue.code === 'too_small' ? `at least ${issue.minimum}` : `at most ${issue.maximum}`;
      return `is wrong: expected ${limit}${issue.origin === 'string' ? ' characters' : ''}`;
    }
    case 'invalid_value':
      return `is wrong: expected one of ${issue.values.join(', ')}`;
    case 'invalid_union':
      return issue.discriminator === undefined
        ? `is wrong: ${issue.message}`
        : 'is wrong: expected v2c or v3';
    case 'custom':
    case 'invalid_format':
    case 'invalid_key':
    case 'invalid_element':
    case 'not_multiple_of':
    case 'unrecognized_keys':
      return /^(is|has|holds) /.test(issue.message) ? issue.message : `is wrong: ${issue.message}`;
  }
}

/** Zod's types in words. */
const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'text (in quotes where it looks like a number)',
  int: 'a whole number',
  number: 'a number',
  object: 'keys and values',
  record: 'keys and values',
};
