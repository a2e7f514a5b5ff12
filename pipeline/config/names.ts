/**
 * Names of settings. In the file: snake_case. In the environment: NETSIGMA_, the path in capitals, one underscore
 * between levels and words alike (a test holds that no two settings share one). In the program: camelCase with the
 * unit, `commit_interval` -> `commitIntervalMs`; keys that are table names stay, and the section around says Days.
 */
import { z } from 'zod';
import { schema as configSchema } from './schema.ts';
import {
  traits,
  type Milliseconds,
  type Seconds,
  type SettingKind,
  type SettingTraits,
  type TableDays,
} from './setting.ts';
import type { Secret } from '../model/secret.ts';

type Camel<Key extends string> = Key extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Key;

type ProgramKey<Key extends string, Value> = Value extends TableDays
  ? Key
  : Value extends Milliseconds
    ? `${Camel<Key>}Ms`
    : Value extends Seconds
      ? `${Camel<Key>}S`
      : Value extends Readonly<Record<string, TableDays>>
        ? `${Camel<Key>}Days`
        : Camel<Key>;

type Leaf = string | number | boolean | null | Secret | readonly string[] | ReadonlyMap<string, unknown>;

/** A section's values under the program's names. */
export type Named<Section> = {
  readonly [Key in keyof Section & string as ProgramKey<Key, Section[Key]>]: Section[Key] extends
    Milliseconds | TableDays
    ? number
    : Section[Key] extends Leaf
      ? Section[Key]
      : Named<Section[Key]>;
};

export interface Setting extends SettingTraits {
  readonly path: readonly string[];
  readonly description: string;
}

type Shape = Readonly<Record<string, z.core.$ZodType>>;

/** Every setting of the schema, in its order. */
export function allSettings(schema: z.ZodObject = configSchema): Setting[] {
  return settingsOf(schema.shape, []);
}

/** The environment variable that overrides a setting; null for maps, which only the file can hold. */
export function variable(setting: Pick<Setting, 'path' | 'kind'>): string | null {
  return setting.kind === 'credentials' ? null : `NETSIGMA_${setting.path.join('_').toUpperCase()}`;
}

/** Where a setting lies in the program's Config. */
export function programPath({ path, kind }: Pick<Setting, 'path' | 'kind'>): string[] {
  return path.map((key, depth) => programKey(key, path.length - 1 - depth, kind));
}

/** What a setting's kind puts behind its key (0 levels above it), or behind the section's around it (1). */
const SUFFIXES: Readonly<Partial<Record<SettingKind, readonly [key: string, section?: string]>>> = {
  duration: ['Ms'],
  seconds: ['S'],
  days: ['', 'Days'],
};

function programKey(key: string, levelsAbove: number, kind: SettingKind): string {
  if (kind === 'days' && levelsAbove === 0) return key;
  const camel = key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return camel + (SUFFIXES[kind]?.[levelsAbove] ?? '');
}

function settingsOf(shape: Shape, above: readonly string[]): Setting[] {
  return Object.entries(shape).flatMap(([key, schema]) => {
    const path = [...above, key];
    const trait = traits.get(schema as z.ZodType);
    if (trait !== undefined)
      return [{ ...trait, path, description: (schema as z.ZodType).description ?? '' }];
    const inner = schema instanceof z.ZodPrefault ? schema.unwrap() : schema;
    if (!(inner instanceof z.ZodObject))
      throw new TypeError(`${path.join('.')} is neither setting nor section`);
    return settingsOf(inner.shape, path);
  });
}

/** The value at `path`; undefined when there is none. */
export function valueAt(tree: unknown, path: readonly PropertyKey[]): unknown {
  let node = tree;
  for (const key of path) {
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, key)) return undefined;
    node = (node as Record<PropertyKey, unknown>)[key];
  }
  return node;
}

/**
 * Puts `value` at `path`, making the objects on the way.
 * Returns false when something on the way is no object: the schema will say so.
 */
export function putAt(tree: Record<string, unknown>, path: readonly string[], value: unknown): boolean {
  let node = tree;
  for (const key of path.slice(0, -1)) {
    const next = node[key] ?? {};
    if (typeof next !== 'object' || Array.isArray(next)) return false;
    node[key] = next;
    node = next as Record<string, unknown>;
  }
  node[path.at(-1)!] = value;
  return true;
}
