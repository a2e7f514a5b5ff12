import { describe, expect, it } from '@jest/globals';
import { catalogue, rowFields, type Catalogue } from '../../topics/catalogue.ts';
import { deviceId } from '../../pipeline/model/entity.ts';
import type { Reading } from '../../pipeline/model/reading.ts';
import { catalogueWithUnknownProtos } from '../support/added-metric.ts';
import { deviceRecord, siteRecord } from '../support/inventory-records.ts';
import { rawReading, type RawRow } from '../support/raw-reading.ts';
import { readingRecord } from '../support/reading-record.ts';
import { STAGE_DEFAULTS, topologyDriver, type TopologyDriver } from '../support/topology-driver.ts';
import { startedCodec } from '../support/codec.ts';
import { ReadingProcessor } from '../../pipeline/runtime/reading-processor.ts';
import { entityTopology } from '../../pipeline/topology.ts';

const ENTITY = 'default/device/core-1';
const START_MS = 1_700_000_000_000;

/** Row of a gigabit port after `seconds` at 1,000 packets and 100,000 octets a second each way. */
function port(index: number, seconds: number, extra: RawRow = {}): RawRow {
  const octets = BigInt(seconds) * 100_000n + 5_000_000_000n;
  const packets = BigInt(seconds) * 1_000n;
  return {
    if_index: index,
    if_name: `Gi1/0/${index}`,
    phys_address: `02:00:00:00:00:0${index}`,
    admin_status: 1,
    oper_status: 1,
    mtu: 1500,
    if_high_speed: 1000n,
    duplex: 3,
    in_octets: octets,
    out_octets: octets,
    in_octets_32: octets & 0xffff_ffffn,
    out_octets_32: octets & 0xffff_ffffn,
    in_unicast_packets: packets,
    out_unicast_packets: packets,
    in_multicast_packets: 0n,
    out_multicast_packets: 0n,
    in_broadcast_packets: 0n,
    out_broadcast_packets: 0n,
    in_errors: 0n,
    out_errors: 0n,
    in_discards: 0n,
    out_discards: 0n,
    ...extra,
  };
}

function poll(
  driver: TopologyDriver,
  seconds: number,
  rows: readonly RawRow[],
  from: Catalogue = catalogue,
): Reading {
  const envelope = {
    observedAtMs: START_MS + seconds * 1000,
    sysUptime: 1_000_000 + seconds * 100,
    engineBoots: 3,
    engineTime: 10_000 + seconds,
  };
  return rawReading(driver.codec, envelope, rows, from);
}

async function metricRows(driver: TopologyDriver): Promise<Reading[]> {
  const decoder = driver.codec.readingDecoder('metric.interface');
  const readings: Reading[] = [];
  for (const { topic, value } of driver.sent.splice(0)) {
    if (topic !== 'metric.interface') continue;
    await decoder.prepare([value]);
    const reading = driver.codec.newReading('metric.interface');
    expect(decoder.decode(value, reading)).toBeUndefined();
    readings.push(reading);
  }
  return readings;
}

const device = deviceRecord('core-1', {
  netbox_device_id: 42,
  site_id: 7,
  site_slug: 'berlin',
  role: 'router',
  interfaces: [{ interface_name: 'Gi1/0/2', speed_mbps: 100 }],
});
const site = siteRecord();

describe('entity sub-topology', () => {
  it('turns two polls into rates, utilisation and error ppm', async () => {
    const driver = await topologyDriver();
    await driver.pipeReading(poll(driver, 0, [port(1, 0)]));
    await driver.pipeReading(poll(driver, 60, [port(1, 60, { in_errors: 6n })]));
    const [first, second] = await metricRows(driver);
    expect(first!.number('rx_bps').values[0]).toBeNaN();
    expect(second!.instances[0]).toBe('Gi1/0/1');
    expect(second!.number('rx_bps').values[0]).toBe(800_000);
    expect(second!.number('rx_utilization_pct').values[0]).toBeCloseTo(0.08, 12);
    expect(second!.number('rx_pps').values[0]).toBe(1000);
    expect(second!.number('rx_error_ppm').values[0]).toBeCloseTo((0.1 * 1e6) / 1000.1, 6);
    expect(second!.number('error_rate_ppm').values[0]).toBe(second!.number('rx_error_ppm').values[0]);
    expect(second!.counter('in_octets').hi[0]).toBe(1);
  });

  it('enriches from the inventory, which also overrides speeds', async () => {
    const driver = await topologyDriver();
    const inventory = driver.codec.recordEncoder('inventory.device').encode(device);
    const sites = driver.codec.recordEncoder('control.site').encode(site);
    await driver.pipe('control.site', 'default/berlin', sites, START_MS);
    await driver.pipe('inventory.device', ENTITY, inventory, START_MS);
    await driver.pipeReading(poll(driver, 0, [port(1, 0), port(2, 0)]));
    await driver.pipeReading(poll(driver, 60, [port(1, 60), port(2, 60)]));
    const second = (await metricRows(driver))[1]!;
    expect(second).toMatchObject({
      deviceId: deviceId(ENTITY),
      siteId: 7,
      netboxDeviceId: 42,
      deviceRole: 'router',
    });
    expect([...second.number('speed_mbps').values.slice(0, 2)]).toEqual([1000, 100]);
    expect(driver.outcomes.get('enrich.unknown_entity')).toBeUndefined();

    await driver.pipe('inventory.device', ENTITY, null, START_MS);
    await driver.pipeReading(poll(driver, 120, [port(1, 120), port(2, 120)]));
    expect((await metricRows(driver))[0]).toMatchObject({ siteId: Number.NaN, deviceRole: null });
    expect(driver.outcomes.get('enrich.unknown_entity')).toBe(1);
  });

  it('carries a metric that was added by its rows alone', async () => {
    const driver = await topologyDriver({ catalogue: catalogueWithUnknownProtos });
    await driver.pipeReading(
      poll(driver, 0, [port(1, 0, { in_unknown_protos: 0xffff_fff0n })], catalogueWithUnknownProtos),
    );
    await driver.pipeReading(
      poll(driver, 60, [port(1, 60, { in_unknown_protos: 44n })], catalogueWithUnknownProtos),
    );
    const second = (await metricRows(driver))[1]!;
    expect(second.number('rx_unknown_protos_rate').values[0]).toBe(1);
  });

  it('keeps state for it: a series column of every stage that judges it', async () => {
    const codec = await startedCodec(catalogueWithUnknownProtos);
    const topology = entityTopology(catalogueWithUnknownProtos, STAGE_DEFAULTS);
    const { state } = new ReadingProcessor({ codec, catalogue: catalogueWithUnknownProtos, topology });
    const ofMetric = [...state.columns()].filter(([name]) => name.endsWith('.rx_unknown_protos_rate'));
    expect(new Set(ofMetric.map(([, { stage }]) => stage))).toEqual(
      new Set(['baseline', 'detect', 'features', 'summarize']),
    );
  });

  it('gives the same bytes for the same records', async () => {
    const run = async () => {
      const driver = await topologyDriver();
      for (let step = 0; step < 50; step += 1) {
        const reading = poll(driver, step * 60, [port(1, step * 61), port(2, step * 59)]);
        reading.pollId = `0190b5a0-0000-7000-8000-${step.toString(16).padStart(12, '0')}`;
        await driver.pipeReading(reading);
        driver.tick(START_MS + step * 60_000);
      }
      return driver.sent.map(({ topic, value }) => `${topic} ${value.toString('base64')}`);
    };
    expect(await run()).toEqual(await run());
  });
});

describe('bad input', () => {
  it.each([
    ['bytes without a frame', Buffer.from('hello'), 'not_framed'],
    ['an unknown schema id', Buffer.from([0, 0, 0, 255, 255, 1, 2]), 'unknown_schema'],
    ['a tombstone', null, 'tombstone'],
  ])('%s is a dead letter', async (_what, value, reason) => {
    const driver = await topologyDriver();
    await driver.pipe('raw.interface', ENTITY, value, START_MS);
    expect(driver.refused.map((refused) => refused.reason)).toEqual([reason]);
  });

  it.each([
    ['an observation 6 minutes after its record', { observedAtMs: START_MS + 360_000 }, 'future'],
    ['an observation before 1970', { observedAtMs: -5 }, 'invalid_time'],
    ['an entity of another domain', { domain: 'other' }, 'domain_mismatch'],
    ['an entity that is no key', { entity: 'core-1' }, 'invalid_entity'],
  ])('%s is a dead letter', async (_what, envelope, reason) => {
    const driver = await topologyDriver();
    const reading = rawReading(driver.codec, envelope, [port(1, 0)]);
    await driver.pipeReading(reading, START_MS);
    expect(driver.refused.map((refused) => refused.reason)).toEqual([reason]);
    expect(driver.sent).toEqual([]);
  });

  it('a record under another key is a dead letter', async () => {
    const driver = await topologyDriver();
    const value = driver.codec.readingEncoder('raw.interface').encode(poll(driver, 0, [port(1, 0)]));
    await driver.pipe('raw.interface', 'default/device/other', value, START_MS);
    expect(driver.refused.map(({ reason }) => reason)).toEqual(['key_mismatch']);
  });

  it('a truncated record is a dead letter, and the next record is folded as ever', async () => {
    const driver = await topologyDriver();
    const value = driver.codec.readingEncoder('raw.interface').encode(poll(driver, 0, [port(1, 0)]));
    await driver.pipe('raw.interface', ENTITY, value.subarray(0, value.length - 7), START_MS);
    await driver.pipeReading(poll(driver, 0, [port(1, 0)]));
    expect(driver.refused.map(({ reason }) => reason)).toEqual(['truncated']);
    expect(await metricRows(driver)).toHaveLength(1);
  });

  it('a failed poll sends no rows and leaves the counters alone', async () => {
    const driver = await topologyDriver();
    await driver.pipeReading(poll(driver, 0, [port(1, 0)]));
    await driver.pipeReading(
      Object.assign(poll(driver, 60, []), { status: 'failed', sysUptime: Number.NaN }),
    );
    await driver.pipeReading(poll(driver, 120, [port(1, 120)]));
    const rows = await metricRows(driver);
    expect(rows).toHaveLength(2);
    expect(rows[1]!.number('rx_bps').values[0]).toBe(800_000);
  });

  it("a foreign collector's counters of 2^63 and more are null, also in a failed poll", async () => {
    const driver = await topologyDriver();
    for (const [seconds, status] of [
      [0, 'complete'],
      [60, 'failed'],
      [120, 'partial'],
    ] as const) {
      const reading = poll(driver, seconds, [port(1, seconds)]);
      const record = await readingRecord(driver.codec, 'raw.interface', reading);
      // All ones, as a long has them.
      const rows = record.rows.map((row) => ({ ...row, in_octets: -1n, in_octets_32: null }));
      const odd = { ...record, status, rows, sys_uptime: 2n ** 63n - 1n };
      const value = driver.codec.recordEncoder('raw.interface').encode(odd);
      await driver.pipe('raw.interface', ENTITY, value, START_MS + seconds * 1000);
    }
    const metrics = await driver.take('metric.interface');
    expect(metrics.map(({ rows, sys_uptime }) => [rows[0]!.in_octets, sys_uptime])).toEqual([
      [null, null],
      [null, null],
      [null, null],
    ]);
  });

  it('a clock that jumps back an hour is late, not a negative rate', async () => {
    const driver = await topologyDriver();
    await driver.pipeReading(poll(driver, 3600, [port(1, 3600)]));
    await driver.pipeReading(poll(driver, 0, [port(1, 3660)]));
    await driver.pipeReading(poll(driver, 3720, [port(1, 3720)]));
    const rows = await metricRows(driver);
    expect(rows.map((reading) => reading.number('rx_bps').values[0])).toEqual([Number.NaN, 800_000]);
    expect(driver.outcomes.get('rate.late')).toBe(1);
  });

  it('duplicate names, ifIndex 0 and above 2^24 are series of their own', async () => {
    const driver = await topologyDriver();
    const rows = (seconds: number) => [
      port(1, seconds, { if_index: 0, if_name: 'eth' }),
      port(2, seconds, { if_index: 16_777_300, if_name: 'eth' }),
      port(3, seconds, { if_name: null }),
    ];
    await driver.pipeReading(poll(driver, 0, rows(0)));
    await driver.pipeReading(poll(driver, 60, rows(60)));
    const second = (await metricRows(driver))[1]!;
    expect(second.instances.slice(0, 3)).toEqual(['eth#0', 'eth#16777300', '#3']);
    expect([...second.number('rx_bps').values.slice(0, 3)]).toEqual([800_000, 800_000, 800_000]);
  });
});

it('every baselined metric reaches insight.deviation', async () => {
  const driver = await topologyDriver();
  for (let step = 0; step < 3 * 288; step += 1) {
    const reading = poll(driver, step * 300, [port(1, step * 300 + (step % 7))]);
    await driver.pipeReading(Object.assign(reading, { intervalMs: 300_000 }));
  }
  const deviations = await driver.take('insight.deviation');
  const judged = rowFields(catalogue['metric.interface']).filter(({ baseline }) => baseline);
  expect(
    deviations
      .at(-1)!
      .rows[0]!.deviations.map(({ metric_name }) => metric_name)
      .sort(),
  ).toEqual(judged.map(({ name }) => name).sort());
});
