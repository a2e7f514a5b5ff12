/**
 * The configuration: one YAML file, environment variables over it, defaults below it, checked as a whole by one strict
 * schema (`config/schema.ts`). Pure apart from the functions that are passed.
 */
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { applyEnvironment, strayVariables, type Environment } from './config/environment.ts';
import { allSettings, programPath, putAt, valueAt, type Named } from './config/names.ts';
import { issueLines } from './config/problems.ts';
import { schema } from './config/schema.ts';
import { resolveSecrets } from './config/secrets.ts';
import { yamlSource } from './config/yaml-source.ts';
import { ConfigError } from './model/errors.ts';

/** The checked configuration: camelCase, units in the names, secrets as Secret, absolute paths where there is a file. */
export type Config = Omit<Named<z.output<typeof schema>>, 'collectorId'> & { readonly collectorId: string };

export interface ConfigSource {
  /** The YAML text; read from `file` when it is left out, empty when both are. */
  readonly text?: string;
  /** Path of the YAML file: relative paths in it start in its folder. */
  readonly file?: string;
  readonly env: Environment;
  readonly readFile: (path: string) => string;
  /** What `collector_id` is when nobody says: no other process may have it (`processName`). */
  readonly processName: string;
  /** What `log.level` is when nobody says; the setting's own default without it. */
  readonly logLevel?: 'info' | 'warn';
}

export interface LoadedConfig {
  readonly config: Config;
}

/**
 * Reads and checks a configuration.
 * @throws ConfigError that lists every problem: the key, its line or environment variable, and what to write instead.
 */
export function loadConfig(source: ConfigSource): LoadedConfig {
  const { file, env } = source;
  const name = file ?? 'configuration';
  const resolvePath = (path: string) => (file === undefined ? path : resolve(dirname(file), path));
  const yaml = yamlSource(source.text ?? fileText(source), name);
  if (yaml.problems.length > 0) throw configError(yaml.problems);

  const { tree } = yaml;
  dropEmpty(tree);
  const overrides = applyEnvironment(tree, env);
  const logLevel = ['log', 'level'];
  if (source.logLevel !== undefined && valueAt(tree, logLevel) === undefined)
    putAt(tree, logLevel, source.logLevel);
  const secrets = resolveSecrets(tree, { env, readFile: source.readFile, resolvePath }, overrides);
  const where = (path: readonly PropertyKey[]): string => {
    const line = yaml.line(path);
    return overrides.get(path.join('.')) ?? (line === undefined ? name : `${name}:${line}`);
  };
  const checked = schema.safeParse(tree, { reportInput: false });
  const problems = [
    ...secrets.problems.map(({ path, message }) => `${where(path)}: ${path.join('.')} ${message}`),
    ...(checked.error?.issues ?? []).flatMap((issue) => issueLines(issue, tree, where)),
    ...strayVariables(env, secrets.referenced),
  ];
  if (problems.length > 0 || !checked.success) throw configError(problems);
  return { config: named(checked.data, resolvePath, source.processName) };
}

function fileText({ file, readFile }: ConfigSource): string {
  if (file === undefined) return '';
  try {
    return readFile(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new ConfigError(`cannot read the configuration file ${file} (${code}): check --config`, {
      cause: error,
    });
  }
}

/** A known key without a value (all below it commented out, say) counts as left out. */
function dropEmpty(tree: Record<string, unknown>): void {
  for (const { path } of allSettings()) {
    for (let depth = 1; depth <= path.length; depth += 1) {
      const holder = valueAt(tree, path.slice(0, depth - 1));
      const key = path[depth - 1]!;
      if (valueAt(holder, [key]) === null) Reflect.deleteProperty(holder as object, key);
    }
  }
}

function named(
  values: z.output<typeof schema>,
  resolvePath: (path: string) => string,
  processName: string,
): Config {
  const config: Record<string, unknown> = {};
  for (const setting of allSettings()) {
    const value = valueAt(values, setting.path);
    const path = setting.kind === 'path' && typeof value === 'string';
    putAt(config, programPath(setting), path ? resolvePath(value) : value);
  }
  config['collectorId'] ??= processName;
  // Built from the schema's own rows; the test "gives every setting its program name" holds type and value together.
  return config as Config;
}

function configError(problems: readonly string[]): ConfigError {
  if (problems.length === 1) return new ConfigError(problems[0]);
  return new ConfigError(`the configuration has ${problems.length} problems:\n- ${problems.join('\n- ')}`);
}
