/** Environment variables over the file: NETSIGMA_HTTP_PORT=0 is `http: { port: 0 }`. An empty one counts as not set. */
import { closest } from 'fastest-levenshtein';
import { allSettings, putAt, variable, type Setting } from './names.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = 'NETSIGMA_';
const NUMBER = /^-?\d+(\.\d+)?$/;

/** Puts the overrides into `tree`. Returns the variable behind each path that was set, by the path joined with dots. */
export function applyEnvironment(tree: Record<string, unknown>, env: Environment): Map<string, string> {
  const applied = new Map<string, string>();
  for (const setting of allSettings()) {
    const name = variable(setting);
    const value = name === null ? undefined : env[name];
    if (name === null || value === undefined || value === '') continue;
    if (putAt(tree, setting.path, typed(setting, value))) applied.set(setting.path.join('.'), name);
  }
  return applied;
}

/** Read by the tests, which start commands of their own. */
const FOR_TESTS = /^NETSIGMA_(REQUIRE_SERVICES|TEST_[A-Z_]+)$/;

/**
 * What Kubernetes puts into every container beside a service called netsigma:
 * https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
const FROM_KUBERNETES =
  /^NETSIGMA_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_\d+_[A-Z]+(_(PROTO|PORT|ADDR))?)?)$/;

/** A problem for every NETSIGMA_ variable that is no setting and that no secret refers to: most likely mistyped. */
export function strayVariables(env: Environment, referenced: ReadonlySet<string>): string[] {
  const names = allSettings().flatMap((setting) => variable(setting) ?? []);
  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && (env[name] ?? '') !== '')
    .filter((name) => !names.includes(name) && !referenced.has(name))
    .filter((name) => !FOR_TESTS.test(name) && !FROM_KUBERNETES.test(name))
    .map((name) => `environment variable ${name} is no setting: the nearest is ${closest(name, names)}`);
}

function typed({ kind }: Setting, value: string): string | number | boolean {
  if (kind === 'flag' && (value === 'true' || value === 'false')) return value === 'true';
  const numeric = kind === 'integer' || kind === 'number' || kind === 'days';
  return numeric && NUMBER.test(value) ? Number(value) : value;
}
