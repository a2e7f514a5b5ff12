/** The collector from inventory records to readings and audits, against simulated agents and the memory broker. */
import { describe, expect, it } from '@jest/globals';
import { interfaceProfile } from '../../../pipeline/collect/snmp/profile.ts';
import { deviceId } from '../../../pipeline/model/entity.ts';
import { ConfigError } from '../../../pipeline/model/errors.ts';
import { until } from '../../support/until.ts';
import { collectorLab } from './collector-lab.ts';

const lab = collectorLab();

describe('the collector', () => {
  it('publishes the readings and the audit of each poll, keyed by entity', async () => {
    await lab.inventory('r1', lab.device('r1'));
    await lab.startCollector();
    await until(async () => (await lab.readings('r1')).length >= 3, 'three readings');
    const [first] = await lab.readings('r1');
    expect(first).toMatchObject({ status: 'complete', errors: [], part: 1, parts: 1, sysUptime: 100_000 });
    expect(first!.rows).toHaveLength(4);
    expect(first!.rows[0]).toMatchObject({ if_index: 1, if_name: 'eth1', in_octets: 2n ** 32n + 1_000n });
    const [audit] = await lab.audits('r1');
    expect(audit).toMatchObject({
      poll_id: first!.pollId,
      device_id: deviceId('default/device/r1'),
      netbox_device_id: 7,
      job_type: 'interface',
      status: 'success',
      error_message: null,
      records_collected: 4,
      retries: 0,
    });
    expect(audit!.requests).toBeGreaterThan(0);
  });

  it('splits polls of more than 500 rows', async () => {
    await lab.inventory('r3', lab.device('r3', { interval_ms: 1_000 }));
    await lab.startCollector({ settings: { timeoutMs: 1_000 } });
    await until(async () => (await lab.readings('r3')).length >= 3, 'three parts');
    const parts = (await lab.readings('r3')).slice(0, 3);
    expect(parts.map(({ part, parts, rows }) => [part, parts, rows.length])).toEqual([
      [1, 3, 500],
      [2, 3, 500],
      [3, 3, 201],
    ]);
    expect(new Set(parts.map(({ pollId }) => pollId)).size).toBe(1);
    const indexes = parts.flatMap(({ rows }) => rows.map((row) => row['if_index']));
    expect(indexes).toEqual(Array.from({ length: 1_201 }, (_, i) => i + 1));
  });

  it('adds, changes and removes devices as the inventory says', async () => {
    const collector = await lab.startCollector();
    await lab.inventory('r1', lab.device('r1'));
    await until(async () => (await lab.readings('r1')).length > 0, 'r1');
    await lab.inventory(
      'r1',
      lab.device('r1', { ...lab.agents.endpoint('r2'), port: lab.agents.endpoint('r2').port }),
    );
    await lab.inventory('r2', lab.device('r2', { zone: 'another' }));
    await until(() => collector.devices.size === 1, 'one device');
    await lab.inventory('r1', lab.device('r1', { zone: 'another' }));
    await until(() => collector.devices.size === 0, 'none in this zone');
    await lab.inventory('r1', lab.device('r1'));
    await until(() => collector.devices.size === 1, 'r1 again');
    await lab.inventory('r1', null);
    await until(() => collector.devices.size === 0 && collector.inFlight === 0, 'tombstone');
    expect(await lab.readings('r2')).toEqual([]);
  });

  it('is not delayed by a dead device among healthy ones', async () => {
    lab.agents.misbehave('r1', [{ kind: 'silent' }]);
    for (const name of ['r1', 'r2']) await lab.inventory(name, lab.device(name));
    await lab.startCollector({ settings: { timeoutMs: 70, breakerFailures: 1_000 } });
    await until(async () => (await lab.audits('r1')).length >= 5, 'the dead one was tried');
    const healthy = (await lab.audits('r2')).filter(({ status }) => status === 'success');
    expect(healthy.length).toBeGreaterThanOrEqual(4);
    expect(Math.max(...healthy.map(({ late_ms: late }) => late))).toBeLessThan(60);
    expect(healthy.every(({ missed_polls: passed }) => passed === 0)).toBe(true);
  });

  it('tells a dead device by failed readings at each interval, probes it seldom, and is back at its first answer', async () => {
    lab.agents.misbehave('r1', [{ kind: 'silent' }]);
    await lab.inventory('r1', lab.device('r1'));
    const collector = await lab.startCollector({
      settings: { timeoutMs: 30, retries: 0, breakerFailures: 2, longestBackoffMs: 400 },
    });
    await until(() => lab.missed.filter((reason) => reason === 'breaker_open').length >= 3, 'skipped polls');
    const failed = await lab.readings('r1');
    expect(failed.every(({ status, rows }) => status === 'failed' && rows.length === 0)).toBe(true);
    expect(failed[0]!.errors).toEqual(['timeout']);
    expect(failed.some(({ errors }) => errors.join() === 'breaker_open,timeout')).toBe(true);
    expect((await lab.audits('r1'))[0]).toMatchObject({
      status: 'timeout',
      error_message: 'timeout',
      requests: 1,
    });

    lab.agents.misbehave('r1', []);
    await until(async () => (await lab.readings('r1')).some(({ status }) => status === 'complete'), 'back');
    const back = (await lab.audits('r1')).find(({ status }) => status === 'success');
    expect(back!.missed_polls).toBeGreaterThan(0);
    await until(() => collector.devices.get('default/device/r1')?.isOpen === false, 'closed');
    expect(lab.log.entries.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });

  it('audits a device without credential at each interval and warns once', async () => {
    await lab.inventory('r1', lab.device('r1', { credential: 'nobody' }));
    await lab.startCollector();
    await until(async () => (await lab.audits('r1')).length >= 3, 'three audits');
    expect((await lab.audits('r1'))[1]).toMatchObject({
      status: 'failed',
      error_message: 'unknown_credential:nobody',
      requests: 0,
    });
    expect((await lab.readings('r1'))[1]).toMatchObject({
      status: 'failed',
      errors: ['unknown_credential:nobody'],
    });
    expect(lab.log.entries.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });

  it('puts an inventory record that it cannot use into the dead letters and keeps the device', async () => {
    await lab.inventory('r1', lab.device('r1'));
    const collector = await lab.startCollector();
    await until(() => collector.devices.size === 1, 'r1');
    await lab.inventory('r1', Buffer.from('not avro'));
    await lab.inventory('r1', lab.device('r1', { addresses: ['router-1'] }));
    await until(async () => (await lab.decoded('netsigma.dead-letter')).length === 2, 'two dead letters');
    const letters = await lab.decoded('netsigma.dead-letter');
    expect(letters.map(({ reason, failed_in: part, topic }) => [reason, part, topic])).toEqual([
      ['not_framed', 'collect', 'inventory.device'],
      ['invalid', 'collect', 'inventory.device'],
    ]);
    expect(letters[0]!.value).toEqual(Buffer.from('not avro'));
    expect(collector.devices.size).toBe(1);
  });

  it('writes no secret into log or records', async () => {
    lab.agents.misbehave('r1', [{ kind: 'silent' }]);
    await lab.inventory('r1', lab.device('r1'));
    await lab.startCollector({ settings: { timeoutMs: 20, retries: 0, breakerFailures: 1 } });
    await until(async () => (await lab.audits('r1')).length > 0, 'an audit');
    const all = JSON.stringify(
      [lab.log.entries, await lab.audits('r1'), await lab.readings('r1')],
      (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
    );
    expect(all).not.toContain('public');
  });

  it('refuses a profile of fields that the catalogue does not have', async () => {
    const columns = [
      { field: 'in_unknown_protocols', oid: '1.3.6.1.2.1.2.2.1.15', type: 'counter32' },
    ] as const;
    const profiles = new Map([['interface', { ...interfaceProfile, columns }]]);
    expect(() => lab.collector({ profiles })).toThrow(ConfigError);
  });
});
