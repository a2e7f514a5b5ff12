/** The inventory file that the configuration names. */
import { readFileSync } from 'node:fs';
import { parseInventory, type Inventory } from './collect/inventory.ts';
import type { Config } from './config.ts';
import { ConfigError } from './model/errors.ts';

export type InventoryConfig = Pick<Config, 'inventory' | 'domain' | 'zone' | 'collect' | 'credentials'>;

/**
 * Reads and checks the inventory; undefined when the configuration names none.
 * @throws ConfigError when the file cannot be read, or that lists every problem in it.
 */
export function readInventory(config: InventoryConfig): Inventory | undefined {
  const { inventory, domain, zone, collect, credentials } = config;
  const { file } = inventory;
  if (file === null) return undefined;
  return parseInventory(fileText(file), {
    domain,
    zone,
    name: file,
    credentials: new Set(credentials.keys()),
    defaults: { intervalMs: collect.snmp.intervalMs },
  });
}

function fileText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new ConfigError(`inventory.file ${file} cannot be read (${code}): check the path`, { cause });
  }
}
