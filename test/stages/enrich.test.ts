import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { deviceId } from '../../pipeline/model/entity.ts';
import { enrich, SPEED_OVERRIDE_COLUMN } from '../../pipeline/stages/enrich.ts';
import type { InventoryDeviceRecord, SiteRecord } from '../../topics/inventory.ts';
import { deviceRecord, siteRecord } from '../support/inventory-records.ts';
import { stageHarness, type StageHarness } from '../support/stage-harness.ts';

const ENTITY = 'default/device/r1';
const SITE = 'default/berlin';
const START = 1_700_000_000_000;

const device = deviceRecord('r1', {
  netbox_device_id: 42,
  site_id: 7,
  site_slug: 'berlin',
  role: 'router',
});
const site = siteRecord();

type Update = readonly [
  'inventory.device' | 'control.site',
  string,
  InventoryDeviceRecord | SiteRecord | null,
];

/** What a reading of two interfaces carries after these updates. */
function enriched(updates: readonly Update[], harness: StageHarness = stageHarness(enrich())) {
  for (const [topic, key, record] of updates) harness.update(topic, key, record);
  expect(harness.feed({ observedAtMs: START, rows: { p1: {}, p2: {} } })).toBe(true);
  const { deviceId: id, netboxDeviceId, siteId, siteName, deviceRole, timeZone } = harness.reading;
  const speeds = ['p1', 'p2'].map((name) => harness.number(SPEED_OVERRIDE_COLUMN, name));
  return { id, netboxDeviceId, siteId, siteName, deviceRole, timeZone, speeds };
}

const inventory = (changes: Partial<InventoryDeviceRecord> = {}): Update => [
  'inventory.device',
  ENTITY,
  { ...device, ...changes },
];
const sites = (changes: Partial<SiteRecord> = {}): Update => ['control.site', SITE, { ...site, ...changes }];

const UNKNOWN = {
  id: deviceId(ENTITY),
  netboxDeviceId: Number.NaN,
  siteId: Number.NaN,
  siteName: null,
  deviceRole: null,
  timeZone: 'UTC',
  speeds: [Number.NaN, Number.NaN],
};
const KNOWN = {
  ...UNKNOWN,
  netboxDeviceId: 42,
  siteId: 7,
  siteName: 'Berlin',
  deviceRole: 'router',
  timeZone: 'Europe/Berlin',
};

describe('enrich', () => {
  it('forgets the id that a site had before, so that its tombstone removes the site', () => {
    const moved = [sites(), sites({ site_id: 8 }), inventory({ site_id: 8 })];
    expect(enriched(moved)).toMatchObject({ siteId: 8, siteName: site.name });
    expect(enriched([...moved, ['control.site', SITE, null]])).toMatchObject({ siteId: 8, siteName: null });
    expect(enriched([sites(), sites({ site_id: 8 }), inventory({ site_id: 7 })])).toMatchObject({
      siteName: null,
    });
  });

  it('gives a known device its ids, its site and its role', () => {
    const harness = stageHarness(enrich());
    expect(enriched([inventory(), sites()], harness)).toEqual(KNOWN);
    expect(harness.outcomes.size).toBe(0);
  });

  it('lets readings of unknown entities flow on, in UTC, and counts them', () => {
    const harness = stageHarness(enrich());
    expect(enriched([], harness)).toEqual(UNKNOWN);
    expect([...harness.outcomes]).toEqual([['unknown_entity', 1]]);
  });

  it('keeps the id of a site that it does not know, and counts it', () => {
    const harness = stageHarness(enrich());
    expect(enriched([inventory()], harness)).toEqual({ ...KNOWN, siteName: null, timeZone: 'UTC' });
    expect([...harness.outcomes]).toEqual([['unknown_site', 1]]);
  });

  it('takes a device without a site for what it is', () => {
    const harness = stageHarness(enrich());
    const alone = inventory({ site_id: null, site_slug: null });
    expect(enriched([sites(), alone], harness)).toMatchObject({ siteId: Number.NaN, timeZone: 'UTC' });
    expect(harness.outcomes.size).toBe(0);
  });

  it('forgets a device at its tombstone', () => {
    expect(enriched([inventory(), sites(), ['inventory.device', ENTITY, null]])).toEqual(UNKNOWN);
  });

  it('forgets a site at its tombstone, which names the slug', () => {
    const other = { ...site, slug: 'bonn', site_id: 8 };
    const updates: Update[] = [inventory(), ['control.site', 'default/bonn', other], sites()];
    expect(enriched([...updates, ['control.site', SITE, null]])).toMatchObject({ siteId: 7, siteName: null });
    expect(enriched([...updates, ['control.site', 'default/bonn', null]])).toEqual(KNOWN);
  });

  it('keeps sites of one id in two domains apart', () => {
    const foreign: Update = ['control.site', 'lab/berlin', { ...site, domain: 'lab', name: 'Lab' }];
    expect(enriched([inventory(), sites(), foreign])).toEqual(KNOWN);
  });

  it('overrides speeds by interface, and leaves the others to the agent', () => {
    const interfaces = [
      { interface_name: 'p2', speed_mbps: 100 },
      { interface_name: 'p1', speed_mbps: null },
    ];
    expect(enriched([inventory({ interfaces })]).speeds).toEqual([Number.NaN, 100]);
  });

  it('passes over an override of an interface that is not in this part', () => {
    const harness = stageHarness(enrich());
    // A longer reading came before: its names are still behind the rows of this one.
    harness.feed({ observedAtMs: START, rows: { p1: {}, p2: {}, p3: {} } });
    const interfaces = [{ interface_name: 'p3', speed_mbps: 100 }];
    expect(enriched([inventory({ interfaces })], harness).speeds).toEqual([Number.NaN, Number.NaN]);
    expect([...harness.reading.number(SPEED_OVERRIDE_COLUMN).values]).not.toContain(100);
  });

  it('takes a changed override from the next reading on', () => {
    const harness = stageHarness(enrich());
    const speed = (mbps: number) => inventory({ interfaces: [{ interface_name: 'p1', speed_mbps: mbps }] });
    expect(enriched([speed(100)], harness).speeds[0]).toBe(100);
    expect(enriched([speed(10)], harness).speeds[0]).toBe(10);
    expect(enriched([inventory()], harness).speeds[0]).toBeNaN();
  });

  it('holds the last update of each key, whatever came before it', () => {
    const deviceUpdate = fc.oneof(
      fc.constant<Update>(['inventory.device', ENTITY, null]),
      fc
        .record({
          netbox_device_id: fc.integer({ min: 1, max: 9 }),
          role: fc.constantFrom('router', 'switch', null),
          site_id: fc.constantFrom(7, null),
          interfaces: fc.array(
            fc.record({
              interface_name: fc.constantFrom('p1', 'p2', 'p3'),
              speed_mbps: fc.constantFrom(10, 100, null),
            }),
            { maxLength: 3 },
          ),
        })
        .map(inventory),
    );
    const siteUpdate = fc.oneof(
      fc.constant<Update>(['control.site', SITE, null]),
      fc.record({ name: fc.string(), time_zone: fc.constantFrom('UTC', 'Asia/Tokyo') }).map(sites),
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(deviceUpdate, siteUpdate)), fc.boolean(), (updates, read) => {
        const harness = stageHarness(enrich());
        for (const update of updates) {
          harness.update(...update);
          // Readings in between must leave nothing behind that outlives the next update.
          if (read) enriched([], harness);
        }
        const lasting = ['inventory.device', 'control.site'].flatMap((topic) =>
          updates.filter((update) => update[0] === topic).slice(-1),
        );
        expect(enriched([], harness)).toEqual(enriched(lasting));
      }),
    );
  });

  it('gives the same columns when the same records are replayed', () => {
    const interfaces = [{ interface_name: 'p1', speed_mbps: 100 }];
    const log: Update[] = [sites(), inventory({ interfaces }), ['control.site', SITE, null], sites()];
    const run = () => {
      const harness = stageHarness(enrich());
      return { columns: log.map((update) => enriched([update], harness)), outcomes: [...harness.outcomes] };
    };
    expect(run()).toEqual(run());
    expect(run().columns.at(-1)).toEqual({ ...KNOWN, speeds: [100, Number.NaN] });
  });
});
