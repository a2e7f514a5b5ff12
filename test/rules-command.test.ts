import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryBroker, type MemoryBroker } from '../pipeline/broker/memory/memory-broker.ts';
import { embeddedRegistry } from '../pipeline/codec/embedded-registry.ts';
import { parseInventory } from '../pipeline/collect/inventory.ts';
import { ConfigError } from '../pipeline/model/errors.ts';
import { ruleActions, ruleLine, rulesCommand, type RulesCommand } from '../pipeline/rules-command.ts';
import { catalogue, topicSpecs } from '../topics/catalogue.ts';
import { load } from './config/load.ts';
import { NAMING } from './support/codec.ts';
import { silentLog } from './support/log.ts';

const NOW = Date.UTC(2026, 10, 21, 10);
const HOUR = 3_600_000;
const { config } = load('broker: { partitions: 2 }');
const inventory = parseInventory('devices: [{ name: Core-1, address: 192.0.2.1 }]', {
  domain: 'default',
  zone: 'z',
  defaults: { intervalMs: 60_000, credential: 'c' },
});
let broker: MemoryBroker;
let folder: string;
let nowMs: number;
let command: RulesCommand;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'netsigma-rules-'));
  nowMs = NOW;
  broker = memoryBroker({ clock: Date.now });
  await broker.start();
  await broker.createTopics(topicSpecs(catalogue, NAMING, 2));
  const registry = embeddedRegistry();
  // Each command ends its connection; the broker of this test outlives it.
  const open = () => ({ broker: { ...broker, start: async () => {}, stop: async () => {} }, registry });
  command = rulesCommand({ config, catalogue, inventory, clock: () => nowMs, log: silentLog, open });
});

afterEach(async () => {
  rmSync(folder, { recursive: true });
  await broker.stop();
});

function file(text: string): string {
  const path = join(folder, 'rules.yaml');
  writeFileSync(path, text);
  return path;
}

describe('rules apply', () => {
  it('publishes a file, and says what it refuses by line', async () => {
    const path = file('rules: [{ id: a, kind: threshold, device: core-1, warn_sigma: 4 }]');
    expect(await command.apply(path)).toEqual({ written: 1, removed: 0 });
    expect(await command.apply(path)).toEqual({ written: 0, removed: 0 });
    expect((await command.list()).map(ruleLine)).toEqual([
      'a  threshold  default/device/core-1: warn 4  [file]',
    ]);
    await expect(command.apply(file('rules: [{ id: a, kind: threshold, device: core-2 }]'))).rejects.toThrow(
      /rules\.yaml is wrong:\n {2}line 1: rules\[0\]\.device = "core-2" is not known/,
    );
    await expect(command.apply(join(folder, 'none.yaml'))).rejects.toThrow(/cannot be read \(ENOENT\)/);
  });
});

describe('maintenance', () => {
  it('starts now and ends when it is told, for good', async () => {
    const rule = await command.startMaintenance({ device: 'CORE-1', for: 2 * HOUR, reason: 'fan' });
    expect(rule).toMatchObject({
      rule_id: 'maintenance-core-1-20261121100000',
      managed_by: 'command',
      entity: 'default/device/core-1',
      interface_name: null,
      starts_at: NOW,
      ends_at: NOW + 2 * HOUR,
      created_by: 'host-a',
      reason: 'fan',
    });
    await command.apply(file('rules: []'));
    nowMs += HOUR;
    expect(await command.endMaintenance(rule.rule_id)).toEqual({ ...rule, ends_at: NOW + HOUR });
    expect((await command.list()).map(ruleLine)).toEqual([
      'maintenance-core-1-20261121100000  maintenance  default/device/core-1: from 2026-11-21T10:00:00.000Z, ' +
        'to 2026-11-21T11:00:00.000Z (fan)  [command]',
    ]);
    nowMs += 1;
    await expect(command.endMaintenance(rule.rule_id)).rejects.toThrow(
      /has been over since 2026-11-21T11:00/,
    );
  });

  it('that has not begun is removed', async () => {
    const rule = await command.startMaintenance({ device: 'core-1', interface: 'Gi1', for: HOUR });
    nowMs -= 1;
    expect(await command.endMaintenance(rule.rule_id)).toBeUndefined();
    expect(await command.list()).toEqual([]);
  });

  it('is refused for a device that nobody knows', async () => {
    await expect(command.startMaintenance({ device: 'core-9', for: HOUR })).rejects.toThrow(
      /the command is wrong:\n.*device = "core-9" is not known to the inventory: the nearest is core-1/,
    );
  });

  it('of a file, or that is none, is not ended by a command', async () => {
    await command.apply(
      file(
        'rules:\n- { id: a, kind: threshold, suppressed: true }\n' +
          '- { id: w, kind: maintenance, starts_at: 2026-11-21T09:00:00Z, ends_at: 2026-11-21T12:00:00Z }',
      ),
    );
    await expect(command.endMaintenance('w')).rejects.toThrow(/comes from a rules file/);
    await expect(command.endMaintenance('a')).rejects.toThrow(/there is no maintenance window "a"/);
  });
});

it('with the memory broker every command says where rules go instead', async () => {
  const actions = ruleActions({
    configured: () => ({ config, log: silentLog }),
    catalogue,
    clock: () => nowMs,
    write: () => undefined,
  });
  for (const refused of [
    actions.rulesApply({ file: 'x' }),
    actions.rulesList({ json: false }),
    actions.maintenanceStart({ device: 'a', for: 1 }),
    actions.maintenanceEnd({ id: 'a' }),
  ]) {
    const error: unknown = await refused.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toMatch(/name it as rules\.file/);
  }
});
