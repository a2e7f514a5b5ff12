import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { deviceSchema, siteSchema } from '../../pipeline/collect/inventory-schema.ts';
import { parseInventory, type InventoryOptions } from '../../pipeline/collect/inventory.ts';
import { ConfigError } from '../../pipeline/model/errors.ts';
import { deviceId, siteId, siteUuid } from '../../pipeline/model/entity.ts';

const OPTIONS = {
  domain: 'default',
  zone: 'lab',
  defaults: { intervalMs: 60_000, credential: 'public' },
  name: 'lab.yaml',
};

const TEXT = `
sites:
  - slug: ZRH
    name: Zurich
    time_zone: Europe/Zurich
    country: CH
    latitude: 47.37
    longitude: 8.54
devices:
  - name: Core-1
    address: 2001:DB8::0:1
    site: zrh
    role: router
    interval: 30s
    netbox_device_id: 12
    tags: [backbone]
    interfaces:
      - name: eth1
        speed_mbps: 10000
  - name: acc-1
    addresses: [192.0.2.1, 192.0.2.2]
    port: 1161
    credential: v3
    zone: dmz
`;

function problemsOf(text: string, options: Partial<InventoryOptions> = {}): string {
  try {
    parseInventory(text, { ...OPTIONS, ...options });
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  return '';
}

describe('an inventory', () => {
  it('becomes records of sites and devices', () => {
    const { sites, devices } = parseInventory(TEXT, OPTIONS);
    expect(sites).toEqual([
      {
        domain: 'default',
        site_id: siteId('default', 'zrh'),
        site_uuid: siteUuid('default', 'zrh'),
        slug: 'zrh',
        name: 'Zurich',
        time_zone: 'Europe/Zurich',
        country: 'CH',
        latitude: 47.37,
        longitude: 8.54,
      },
    ]);
    expect(devices[0]).toEqual({
      domain: 'default',
      entity: 'default/device/core-1',
      device_id: deviceId('default/device/core-1'),
      netbox_device_id: 12,
      hostname: 'Core-1',
      addresses: ['2001:db8::1'],
      port: 161,
      credential: 'public',
      zone: 'lab',
      profile: 'interface',
      interval_ms: 30_000,
      site_id: siteId('default', 'zrh'),
      site_slug: 'zrh',
      role: 'router',
      manufacturer: null,
      device_type: null,
      interfaces: [{ interface_name: 'eth1', speed_mbps: 10_000 }],
      tags: ['backbone'],
    });
    expect(devices[1]).toMatchObject({
      addresses: ['192.0.2.1', '192.0.2.2'],
      port: 1161,
      credential: 'v3',
      zone: 'dmz',
      interval_ms: 60_000,
      site_id: null,
    });
  });

  it('that is empty has neither', () => {
    expect(parseInventory('', OPTIONS)).toEqual({ domain: 'default', sites: [], devices: [] });
  });

  it('names every problem at once, with its line and the nearest key', () => {
    const message = problemsOf(`
sites:
  - slug: zrh
    time_zone: Europe/Zuerich
devices:
  - name: a
    adress: 192.0.2.1
  - name: b
    address: 192.0.2.300
    port: 0
    interval: 5 fortnights
`);
    expect(message.split('\n')).toHaveLength(6);
    expect(message).toMatch(
      /line 4: sites\[0\].time_zone = "Europe\/Zuerich" is wrong: expected .*Europe\/Zurich/,
    );
    expect(message).toMatch(/line 7: devices\[0\].adress: unknown key: the nearest is address/);
    expect(message).toMatch(
      /line 9: devices\[1\].address = "192\.0\.2\.300" is wrong: expected an IPv4 or IPv6 address/,
    );
    expect(message).toMatch(/line 10: devices\[1\].port = 0 is wrong: expected at least 1/);
    expect(message).toMatch(/line 11: devices\[1\].interval = "5 fortnights" is wrong: expected a duration/);
  });

  it('refuses what contradicts itself', () => {
    const message = problemsOf(
      `
sites: [{ slug: zrh, time_zone: UTC, site_id: 1 }, { slug: ber, time_zone: UTC, site_id: 1 }]
devices:
  - { name: a, address: 192.0.2.1, site: zrg }
  - { name: A, address: 192.0.2.2 }
  - { name: b }
  - { name: c, address: 192.0.2.3, addresses: [192.0.2.4] }
`,
    );
    expect(message).toMatch(/site_id 1 of "ber" is that of "zrh": give one of them another site_id/);
    expect(message).toMatch(/unknown site "zrg": the nearest is zrh/);
    expect(message).toMatch(/"b" needs either address or addresses/);
    expect(message).toMatch(/"c" needs either address or addresses/);
  });

  it('refuses a device twice, also in other letters', () => {
    expect(problemsOf('devices: [{ name: a, address: 192.0.2.1 }, { name: A, address: 192.0.2.2 }]')).toMatch(
      /a second device "A"/,
    );
  });

  it('refuses a device without a credential where there is no default', () => {
    const text = 'devices: [{ name: a, address: 192.0.2.1 }]';
    expect(() => parseInventory(text, { ...OPTIONS, defaults: { intervalMs: 60_000 } })).toThrow(
      /names no credential/,
    );
  });

  it('names every unknown credential at once, with its line and the nearest', () => {
    const text = `
devices:
  - name: a
    address: 192.0.2.1
    credential: lba
  - { name: b, address: 192.0.2.2, credential: lab }
  - { name: c, address: 192.0.2.3, credential: cor }
`;
    const credentials = new Set(['lab', 'core']);
    expect(problemsOf(text, { credentials }).split('\n  ').slice(1)).toEqual([
      'line 5: devices[0].credential: "a" names the unknown credential "lba": the nearest is lab',
      'line 7: devices[2].credential: "c" names the unknown credential "cor": the nearest is core',
    ]);
    expect(problemsOf(text, { credentials: new Set() })).toContain(
      '"b" names the unknown credential "lab": the configuration has none',
    );
  });

  it('says what is missing and what is expected in words of its own', () => {
    const message = problemsOf(`
sites: [{ slug: 1 }, 7]
devices:
  - address: [192.0.2.1]
  - { name: b, address: , port: x, interval: [], tags: a, profile: other, interfaces: [{ speed_mbps: 0 }] }
`);
    expect(message.split('\n  ').slice(1)).toEqual([
      'line 2: sites[0].slug = 1 is wrong: expected text (in quotes where it looks like a number)',
      'line 2: sites[0].time_zone is missing',
      'line 2: sites[1] = 7 is wrong: expected keys and values',
      'line 4: devices[0].name is missing',
      'line 4: devices[0].address is wrong: expected text (in quotes where it looks like a number)',
      'line 5: devices[1].address has no value',
      'line 5: devices[1].port = "x" is wrong: expected a number',
      'line 5: devices[1].profile = "other" is wrong: expected one of interface',
      'line 5: devices[1].interval is wrong: expected a duration from 100ms to 1d, such as 30s',
      'line 5: devices[1].tags = "a" is wrong: expected a list',
      'line 5: devices[1].interfaces[0].name is missing',
      'line 5: devices[1].interfaces[0].speed_mbps = 0 is wrong: expected more than 0',
    ]);
    expect(problemsOf('- a')).toContain('the text is wrong: expected keys and values');
  });

  it("has no words of the schema library's in any problem", () => {
    const keys = (shape: object) => fc.constantFrom(...Object.keys(shape));
    fc.assert(
      fc.property(
        keys(siteSchema.shape),
        keys(deviceSchema.shape),
        fc.jsonValue(),
        (ofSite, ofDevice, value) => {
          const text = JSON.stringify({ sites: [{ [ofSite]: value }], devices: [{ [ofDevice]: value }] });
          expect(problemsOf(text).replaceAll(JSON.stringify(value).slice(0, 80), '')).not.toMatch(
            /invalid|received|Too (small|big)|>=|<=/i,
          );
        },
      ),
    );
  });

  it.each([['+01:00'], ['Mars/Olympus'], ['']])('refuses %j as a time zone', (zone) => {
    expect(problemsOf(`sites: [{ slug: a, time_zone: "${zone}" }]`)).toMatch(/IANA time zone/);
  });

  it('refuses names that cannot be part of a key', () => {
    expect(problemsOf('devices: [{ name: a/b, address: 192.0.2.1 }]')).toMatch(
      /separates the parts of a key/,
    );
  });

  it('names the line of what is no YAML', () => {
    expect(problemsOf('devices:\n  - name: [a\n')).toMatch(/line \d/);
  });

  it('refuses aliases that unfold without end', () => {
    const bomb = [
      'a: &a [x, x]',
      ...'bcdefgh'
        .split('')
        .map((to, i) => `${to}: &${to} [${Array.from({ length: 9 }, () => `*${'abcdefgh'[i]!}`).join()}]`),
    ];
    expect(problemsOf(bomb.join('\n'))).toMatch(/alias/);
  });
});
