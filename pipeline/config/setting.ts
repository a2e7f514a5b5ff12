/**
 * What a setting is: a key of the YAML file with its meaning, its default, its limits. A section is a strict object
 * of settings and sections. The kinds below are all there are; `names.ts` turns their keys into the program's names.
 */
import { z } from 'zod';
import { Secret } from '../model/secret.ts';
import { parseDuration } from './duration.ts';

/** A number of milliseconds: the program's name of the key ends in `Ms`. */
export type Milliseconds = number & { readonly __unit: 'ms' };
/** A number of seconds: the program's name of the key ends in `S`. */
export type Seconds = number & { readonly __unit: 's' };
/** Days, keyed by a table's name, which stays as it is; the name of the section around ends in `Days`. */
export type TableDays = number & { readonly __unit: 'days' };

export type SettingKind =
  | 'text'
  | 'path'
  | 'choice'
  | 'flag'
  | 'list'
  | 'integer'
  | 'number'
  | 'duration'
  | 'seconds'
  | 'days'
  | 'secret'
  | 'credentials';

export interface SettingTraits {
  readonly kind: SettingKind;
  /** The default as people write it; null when there is none. */
  readonly fallback: string | number | boolean | null;
  /** What it may be, in words; empty where the kind says all. */
  readonly limits: string;
  /** The same records would give other outputs: part of the fold version. */
  readonly changesFold: boolean;
}

/** Traits of every setting's schema. A schema that is not in it is a section. */
export const traits = z.registry<SettingTraits>();

interface Limits {
  readonly changesFold?: true;
  readonly min?: number;
  readonly max?: number;
}

/** Text, at most 255 characters, without control characters; `pattern` with what it allows, in words. */
export function text(
  doc: string,
  fallback: string,
  pattern?: { readonly regex: RegExp; readonly words: string },
) {
  const schema = pattern === undefined ? plainText() : plainText().regex(pattern.regex, pattern.words);
  return known(schema.default(fallback), 'text', fallback, doc, { limits: inWords(pattern) });
}

/** Text that may be left out: null then. `check` returns what is wrong with it. */
export function optionalText(doc: string, check: (value: string) => string | undefined = () => undefined) {
  const schema = plainText()
    .min(1)
    .check(({ value, issues }) => {
      const wrong = check(value);
      if (wrong !== undefined) issues.push({ code: 'custom', message: wrong, input: value });
    });
  return known(schema.nullable().default(null), 'text', null, doc, {});
}

/** A file or folder; relative ones are relative to the configuration file. */
export function path(doc: string, fallback: string) {
  return known(plainText(4096).default(fallback), 'path', fallback, doc, {});
}

/** A file or folder that may be left out: null then. */
export function optionalPath(doc: string) {
  return known(plainText(4096).nullable().default(null), 'path', null, doc, {});
}

export function choice<const T extends readonly [string, ...string[]]>(
  doc: string,
  values: T,
  fallback: T[number],
) {
  // zod gives a default the type of the enum's output, which for a generic tuple it cannot narrow to T[number].
  const schema = z.enum(values).default(fallback as never);
  return known(schema, 'choice', fallback, doc, { limits: values.join(', ') });
}

/** true or false. */
export function flag(doc: string, fallback: boolean, options: Pick<Limits, 'changesFold'> = {}) {
  return known(z.boolean().default(fallback), 'flag', fallback, doc, { ...options, limits: 'true, false' });
}

/** At least one entry: a list, or text with commas between them; each must match `pattern`. */
export function list(
  doc: string,
  fallback: string,
  pattern: { readonly regex: RegExp; readonly words: string },
) {
  const schema = z
    .union([z.string(), z.array(z.string())], { error: pattern.words })
    .transform((value, context): readonly string[] => {
      const entries = typeof value === 'string' ? value.split(',') : value;
      const trimmed = entries.map((entry) => entry.trim()).filter((entry) => entry !== '');
      if (trimmed.length === 0 || !trimmed.every((entry) => pattern.regex.test(entry)))
        context.addIssue(pattern.words);
      return trimmed;
    })
    .prefault(fallback);
  return known(schema, 'list', fallback, doc, { limits: inWords(pattern) });
}

export function integer(doc: string, fallback: number, { min = 0, max = 1e9, ...options }: Limits = {}) {
  return known(z.int().min(min).max(max).default(fallback), 'integer', fallback, doc, {
    ...options,
    limits: `${min} to ${max}`,
  });
}

export function number(doc: string, fallback: number, { min = 0, max = 1e9, ...options }: Limits = {}) {
  return known(z.number().min(min).max(max).default(fallback), 'number', fallback, doc, {
    ...options,
    limits: `${min} to ${max}`,
  });
}

interface Span {
  readonly min?: string;
  readonly max?: string;
  readonly changesFold?: true;
}

/** A time span in milliseconds; 1 ms to 1 day unless told (timers cannot wait longer than 24.8 days). */
export function duration(doc: string, fallback: string, { min = '1ms', max = '1d', ...options }: Span = {}) {
  const schema = span(min, max, (ms) => ms as Milliseconds).prefault(fallback);
  return known(schema, 'duration', fallback, doc, { ...options, limits: `${min} to ${max}` });
}

/** A time span that the program takes in seconds; 1 s to 10 years unless told. */
export function seconds(doc: string, fallback: string, { min = '1s', max = '3650d', ...options }: Span = {}) {
  const schema = span(min, max, (ms) => (ms / 1000) as Seconds).prefault(fallback);
  return known(schema, 'seconds', fallback, doc, { ...options, limits: `${min} to ${max}` });
}

function span<Unit>(min: string, max: string, unit: (ms: number) => Unit) {
  const words = 'expected a duration such as 150ms, 5s, 1m or 2d';
  return z.union([z.string(), z.number()], { error: words }).transform((value, context): Unit => {
    const ms = parseDuration(value);
    if (ms === undefined) context.addIssue(words);
    else if (ms < parseDuration(min)! || ms > parseDuration(max)!) {
      context.addIssue(`expected a duration from ${min} to ${max}`);
    }
    return unit(ms ?? Number.NaN);
  });
}

const MAX_DAYS = 36_500;

/** How many days a table's rows are kept: 30d, or 30. The key is the table's name. */
export function tableDays(doc: string, fallback: number) {
  const words = `expected 1 to ${MAX_DAYS} days, such as 30d`;
  const schema = z
    .union([z.string(), z.number()], { error: words })
    .transform((value, context) => {
      const days = Number(/^(\d{1,9}) ?d?$/.exec(String(value).trim())?.[1]);
      if (!(days >= 1 && days <= MAX_DAYS)) context.addIssue(words);
      return days as TableDays;
    })
    .prefault(`${fallback}d`);
  return known(schema, 'days', `${fallback}d`, doc, { limits: `1d to ${MAX_DAYS}d` });
}

/** A secret by reference (`env:NAME`, `file:/path`), which is resolved before the schema sees it. */
export function optionalSecret(doc: string, check: (value: string) => string | undefined = () => undefined) {
  const schema = resolvedSecret(check).nullable().default(null);
  return known(schema, 'secret', null, doc, { limits: 'env:NAME or file:/path' });
}

/** A resolved secret; `check` returns what is wrong with its value, without repeating it. */
export function resolvedSecret(check: (value: string) => string | undefined = () => undefined) {
  return z.instanceof(Secret, { error: 'expected text: env:NAME or file:/path' }).check((context) => {
    const wrong = check(context.value.reveal());
    if (wrong !== undefined) context.issues.push({ code: 'custom', message: wrong, input: context.value });
  });
}

function inWords(pattern: { readonly words: string } | undefined): string {
  return pattern?.words.replace(/^expected /, '') ?? '';
}

/** Marks a schema as a setting. The default must be in the schema already. */
export function known<T extends z.ZodType>(
  schema: T,
  kind: SettingKind,
  fallback: string | number | boolean | null,
  doc: string,
  { changesFold = false, limits = '' }: { readonly changesFold?: boolean; readonly limits?: string },
): T {
  const described = schema.describe(doc);
  traits.add(described, { kind, fallback, limits, changesFold });
  return described;
}

/** Settings under one key. Unknown keys are refused; a section that is left out has its defaults. */
export function section<S extends z.ZodRawShape>(doc: string, shape: S) {
  // Every setting of a section has a default, so the empty object is an input of it.
  return z
    .strictObject(shape)
    .prefault({} as never)
    .describe(doc);
}

/** Text of a key or a value that people type. */
export function plainText(maxLength = 255) {
  return (
    z
      .string()
      .max(maxLength)
      // eslint-disable-next-line no-control-regex -- control characters are exactly what is refused here
      .regex(/^[^\u0000-\u001f\u007f]*$/, 'holds a control character')
  );
}
