/** Secrets by reference, resolved before the schema sees them: `env:NAME` or `file:/path`, never the secret itself. */
import { Secret } from '../model/secret.ts';
import { CREDENTIAL_SECRETS } from './credentials.ts';
import { hasPassword } from '../model/database-url.ts';
import type { Environment } from './environment.ts';
import { allSettings, valueAt } from './names.ts';

/** A secret longer than this is a wrong file. */
const MAX_CHARACTERS = 10_000;

const REFERENCE = /^(env|file):/;
const PLAIN_TEXT = 'is a secret in plain text: write env:NAME or file:/path and keep the secret there';

export interface SecretSources {
  readonly env: Environment;
  readonly readFile: (path: string) => string;
  /** The path of a file as the configuration names it. */
  readonly resolvePath: (path: string) => string;
}

export interface SecretProblem {
  readonly path: readonly string[];
  readonly message: string;
}

export interface ResolvedSecrets {
  readonly problems: SecretProblem[];
  /** Environment variables that were referred to. */
  readonly referenced: Set<string>;
}

/**
 * Replaces every secret of `tree` by a Secret. One that cannot be had is a problem and is taken out, so that the
 * schema does not complain a second time about its content. `fromEnvironment` says which paths are no part of the file.
 */
export function resolveSecrets(
  tree: Record<string, unknown>,
  sources: SecretSources,
  fromEnvironment: ReadonlyMap<string, string>,
): ResolvedSecrets {
  const resolved: ResolvedSecrets = { problems: [], referenced: new Set() };
  const secretOf = (path: readonly string[], written: string, overridden: boolean): string | Error => {
    if (REFERENCE.test(written)) return referred(written, sources, resolved.referenced);
    const harmless = path[0] === 'database' && !hasPassword(written);
    return overridden || harmless ? written : new Error(PLAIN_TEXT);
  };
  for (const path of secretPaths(tree)) {
    const holder = valueAt(tree, path.slice(0, -1)) as Record<string, unknown>;
    const key = path.at(-1)!;
    const written = holder[key];
    if (typeof written !== 'string') continue;
    const secret = secretOf(path, written, fromEnvironment.has(path.join('.')));
    if (secret instanceof Error) {
      resolved.problems.push({ path, message: secret.message });
      // Any legal value: what is wrong has been said.
      holder[key] = new Secret('postgres://unresolved');
      continue;
    }
    holder[key] = new Secret(secret);
  }
  return resolved;
}

function secretPaths(tree: Record<string, unknown>): string[][] {
  const { credentials } = tree;
  const named = typeof credentials === 'object' && credentials !== null ? Object.keys(credentials) : [];
  return [
    ...allSettings().flatMap(({ kind, path }) => (kind === 'secret' ? [[...path]] : [])),
    ...named.flatMap((name) => CREDENTIAL_SECRETS.map((key) => ['credentials', name, key])),
  ].filter((path) => valueAt(tree, path) !== undefined);
}

function referred(reference: string, sources: SecretSources, referenced: Set<string>): string | Error {
  const colon = reference.indexOf(':');
  const [kind, target] = [reference.slice(0, colon), reference.slice(colon + 1)];
  if (kind === 'env') {
    referenced.add(target);
    const value = sources.env[target];
    return value === undefined || value === ''
      ? new Error(`refers to the environment variable ${target}, which is not set`)
      : value;
  }
  const file = sources.resolvePath(target);
  try {
    const value = sources.readFile(file).replace(/\r?\n$/, '');
    if (value !== '' && value.length <= MAX_CHARACTERS) return value;
    return new Error(
      `refers to the file ${file}, which is empty or longer than ${MAX_CHARACTERS} characters`,
    );
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    return new Error(`refers to the file ${file}, which cannot be read (${code})`);
  }
}
