/** What zod found, as lines for people: the key, where it stands, what is wrong, what is near. */
import { closest } from 'fastest-levenshtein';
import type { z } from 'zod';
import { CREDENTIAL_KEYS, CREDENTIAL_SECRETS } from './credentials.ts';
import { issueReason, shownValue } from './issue-words.ts';
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
  return [
    `${where(issue.path)}: ${issue.path.join('.')}${shown(issue.path, value)} ${issueReason(issue, value)}`,
  ];
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
  // It may hold a password that should not be there.
  const url = path.at(-1) === 'url';
  return secret || url ? '' : shownValue(value);
}
