/** The rules file that the configuration, or a command, names. */
import { readFileSync } from 'node:fs';
import type { Inventory } from './collect/inventory.ts';
import { parseRules, type RuleSet } from './collect/rules-file.ts';
import type { Config } from './config.ts';
import { ConfigError } from './model/errors.ts';
import type { Catalogue } from '../topics/catalogue.ts';

export interface RulesSource {
  readonly config: Pick<Config, 'domain' | 'collectorId'>;
  readonly catalogue: Catalogue;
  /** Where there is one, rules may name its devices, sites and roles only. */
  readonly inventory: Inventory | undefined;
  readonly nowMs: number;
}

/** @throws ConfigError when the file cannot be read, or that lists every problem in it. */
export function readRules(file: string, { config, catalogue, inventory, nowMs }: RulesSource): RuleSet {
  const { domain, collectorId: createdBy } = config;
  return parseRules(fileText(file), { domain, catalogue, inventory, createdBy, nowMs, name: file });
}

function fileText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new ConfigError(`the rules file ${file} cannot be read (${code}): check the path`, { cause });
  }
}
