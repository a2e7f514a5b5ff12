/** What zod found wrong with one value, in words for the people who wrote it. */
import type { z } from 'zod';

/** The value as messages repeat it, such as ` = "fast"`; empty for what is no plain value. */
export function shownValue(value: unknown): string {
  const plain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return plain ? ` = ${JSON.stringify(value).slice(0, 80)}` : '';
}

/** "is missing", "is wrong: expected at least 1": to be put behind the key. `value` is what was written there. */
export function issueReason(issue: z.core.$ZodIssue, value: unknown): string {
  if (value === undefined && issue.code !== 'custom') return 'is missing';
  if (value === null && issue.code !== 'custom') return 'has no value';
  switch (issue.code) {
    case 'invalid_type':
      return `is wrong: expected ${TYPE_WORDS[issue.expected] ?? issue.expected}`;
    case 'too_small':
      return `is wrong: expected ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${counted(issue.origin)}`;
    case 'too_big':
      return `is wrong: expected ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${counted(issue.origin)}`;
    case 'invalid_value':
      return `is wrong: expected one of ${issue.values.join(', ')}`;
    case 'invalid_union':
    case 'custom':
    case 'invalid_format':
    case 'invalid_key':
    case 'invalid_element':
    case 'not_multiple_of':
    case 'unrecognized_keys':
      return /^(is|has|holds) /.test(issue.message) ? issue.message : `is wrong: ${issue.message}`;
  }
}

function counted(origin: string): string {
  return { string: ' characters', array: ' entries' }[origin] ?? '';
}

/** Zod's types in words. */
const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'text (in quotes where it looks like a number)',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'keys and values',
  record: 'keys and values',
  array: 'a list',
};
