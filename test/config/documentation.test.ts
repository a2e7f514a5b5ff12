import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { formatDuration, parseDuration } from '../../pipeline/config/duration.ts';
import { allSettings } from '../../pipeline/config/names.ts';
import { settingsTable } from '../../pipeline/config/settings-table.ts';
import { parseInventory } from '../../pipeline/collect/inventory.ts';
import { load } from './load.ts';

describe('durations', () => {
  it('are written and read back exactly', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 40 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
    expect([formatDuration(0), formatDuration(600_000), formatDuration(90_000)]).toEqual([
      '0ms',
      '10m',
      '90s',
    ]);
  });

  it.each(['', 's', '-1s', '1w', '1 s s', '1e3', 'NaN', '99999999999999999d'])('%j is none', (wrong) => {
    expect(parseDuration(wrong)).toBeUndefined();
  });
});

describe('documentation', () => {
  it('the table of settings has a row for each, with meaning, default, variable and the fold', () => {
    const table = settingsTable();
    for (const setting of allSettings()) {
      expect(setting.description).toMatch(/\.$/);
      expect(table).toContain(`| \`${setting.path.join('.')}\` |`);
    }
    expect(table).toContain(
      '| `http.port` | `9464` | 0 to 65535 | Port to listen on; 0 takes a free one. | `NETSIGMA_HTTP_PORT` |  |',
    );
    expect(table).toMatch(
      /\| `rate.gap_intervals` \| `3` \| [^|]* \| [^|]* \| `NETSIGMA_RATE_GAP_INTERVALS` \| yes \|/,
    );
    expect(table).toContain('`credentials.<name>.auth_key`');
    expect(table).toMatch(/\| `sink\.retention\.poll_history` \| `30d` \| 1d to 36500d \| [^|]*days[^|]* \|/);
  });

  it('what changes the fold is exactly what the stages take', () => {
    const sections = (changesFold: boolean) =>
      new Set(
        allSettings().flatMap((setting) => (setting.changesFold === changesFold ? [setting.path[0]] : [])),
      );
    expect([...sections(true)]).toEqual(['rate', 'baseline', 'detect', 'features']);
    expect([...sections(true)].filter((name) => sections(false).has(name))).toEqual([]);
  });
});

describe('the examples', () => {
  const root = new URL('../../', import.meta.url).pathname;
  const example = (name: string) => readFileSync(`${root}${name}`, 'utf8');
  /** What stands behind "#:" in the examples is text for the day when it is wanted. */
  const uncommented = (text: string) => text.replaceAll(/^( *)#: /gm, '$1');

  function loaded(change: (text: string) => string, env: Record<string, string>) {
    const file = `${root}netsigma.example.yaml`;
    const { config } = load(change(example('netsigma.example.yaml')), { file, env });
    const { inventory, domain, zone, credentials, collect } = config;
    const { devices, sites } = parseInventory(change(example('inventory.example.yaml')), {
      domain,
      zone,
      credentials: new Set(credentials.keys()),
      defaults: { intervalMs: collect.snmp.intervalMs },
    });
    expect(inventory.file).toBe(`${root}inventory.example.yaml`);
    return { config, devices, sites };
  }

  it('for Kafka is valid, with its comments and without', () => {
    const file = `${root}netsigma.kafka.example.yaml`;
    const env = {
      SNMP_COMMUNITY: 'public',
      DATABASE_URL: 'postgres://u:p@h/d',
      KAFKA_PASSWORD: 'k4fka',
      REGISTRY_PASSWORD: 'r3gistry',
    };
    const { config } = load(example('netsigma.kafka.example.yaml'), { file, env });
    expect(config.broker.kind).toBe('kafka');
    expect(config.broker.kafka.sasl.mechanism).toBe('none');
    expect(config.inventory.file).toBe(`${root}inventory.example.yaml`);
    const { broker, registry } = load(uncommented(example('netsigma.kafka.example.yaml')), {
      file,
      env,
    }).config;
    expect(broker.kafka.sasl.password?.reveal()).toBe('k4fka');
    expect(broker.kafka.tls).toMatchObject({ enabled: true, caFile: `${root}certificates/ca.pem` });
    expect(registry.password?.reveal()).toBe('r3gistry');
  });

  it('work together with the community alone, on the embedded server', () => {
    const { config, devices, sites } = loaded((text) => text, { SNMP_COMMUNITY: 'public' });
    expect(config.database.url).toBeNull();
    expect([...config.credentials.keys()]).toEqual(['lab']);
    expect(sites.map(({ slug }) => slug)).toEqual(['zurich', 'berlin']);
    expect(devices.map(({ credential }) => credential)).toEqual(['lab', 'lab', 'lab']);
    expect(devices[0]?.addresses).toEqual(['127.0.0.1']);
    expect(devices.some(({ interval_ms: ms }) => ms !== config.collect.snmp.intervalMs)).toBe(true);
    expect(devices.flatMap(({ interfaces }) => interfaces)[0]?.speed_mbps).toBeGreaterThan(0);
  });

  it('have parts in comments that are as valid: a v3 credential with its device, a database', () => {
    const { config, devices } = loaded(uncommented, {
      SNMP_COMMUNITY: 'public',
      SNMP_AUTH_KEY: 'at-least-8',
      SNMP_PRIV_KEY: 'at-least-8',
      DATABASE_URL: 'postgres://u:p@h/d',
    });
    expect(config.database.url?.reveal()).toBe('postgres://u:p@h/d');
    expect(config.credentials.get('core')?.version).toBe('v3');
    expect(devices.map(({ credential }) => credential)).toEqual(['lab', 'lab', 'lab', 'core']);
  });
});
