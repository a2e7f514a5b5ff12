/** A configuration as YAML again, whole, in the file's names, with every secret masked: `netsigma config print`. */
import { stringify } from 'yaml';
import type { Config } from '../config.ts';
import { Secret, type SnmpCredential } from '../model/secret.ts';
import { printedCredential } from './credentials.ts';
import { maskedUrl } from '../model/database-url.ts';
import { formatDuration } from './duration.ts';
import { allSettings, programPath, putAt, valueAt, type Setting } from './names.ts';

/** YAML with all keys; secrets are `***`, a database URL keeps everything but its passwords. */
export function printConfig(config: Config): string {
  const tree: Record<string, unknown> = {};
  for (const setting of allSettings()) {
    putAt(tree, setting.path, printed(setting, valueAt(config, programPath(setting))));
  }
  return stringify(tree);
}

function printed({ kind, path }: Setting, value: unknown): unknown {
  if (value === null) return null;
  switch (kind) {
    case 'duration':
      return formatDuration(value as number);
    case 'seconds':
      return formatDuration(1000 * (value as number));
    case 'days':
      return `${value as number}d`;
    case 'secret': {
      const secret = value as Secret;
      return path.at(-1) === 'url' ? maskedUrl(secret.reveal()) : String(secret);
    }
    case 'credentials': {
      const byName = value as ReadonlyMap<string, SnmpCredential>;
      return Object.fromEntries(
        [...byName].map(([name, credential]) => [name, printedCredential(credential)]),
      );
    }
    case 'text':
    case 'path':
    case 'choice':
    case 'flag':
    case 'list':
    case 'integer':
    case 'number':
      return value;
  }
}
