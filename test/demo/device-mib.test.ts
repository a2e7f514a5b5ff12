/** A simulated device asked by SNMP over UDP gives exactly what its reading of the same moment gives. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { COLUMNS, SCALARS, type ColumnName } from '../../pipeline/collect/snmp/agent/if-mib.ts';
import { simulatedAgents, type SimulatedAgents } from '../../pipeline/collect/snmp/agent/simulated-agents.ts';
import { deviceMib } from '../../pipeline/demo/device-mib.ts';
import { pollInto } from '../../pipeline/demo/device-reading.ts';
import { schedule } from '../../pipeline/demo/faults.ts';
import type { Reading } from '../../pipeline/model/reading.ts';
import { startedCodec } from '../support/codec.ts';
import { demoNetwork, START_MS } from '../support/demo-network.ts';
import { snmpClient, type Binding } from '../support/snmp-client.ts';

const LIVE_MS = START_MS + 1_234_567;
const network = demoNetwork();
let nowMs = LIVE_MS;
let agents: SimulatedAgents;
let reading: Reading;

beforeAll(async () => {
  reading = (await startedCodec()).newReading('raw.interface');
  agents = simulatedAgents({
    devices: network.devices.map((device) => ({ view: deviceMib(device), address: '127.0.0.1', port: 0 })),
    community: 'public',
    clock: () => nowMs,
  });
  await agents.start();
});

afterAll(async () => agents.stop());

const COUNTER_COLUMNS: readonly (readonly [ColumnName, string])[] = [
  ['ifInOctets', 'in_octets_32'],
  ['ifOutOctets', 'out_octets_32'],
  ['ifInErrors', 'in_errors'],
  ['ifOutErrors', 'out_errors'],
  ['ifInDiscards', 'in_discards'],
  ['ifOutDiscards', 'out_discards'],
];
const WIDE_COLUMNS: readonly (readonly [ColumnName, string])[] = [
  ['ifHCInOctets', 'in_octets'],
  ['ifHCOutOctets', 'out_octets'],
  ['ifHCInUcastPkts', 'in_unicast_packets'],
  ['ifHCOutUcastPkts', 'out_unicast_packets'],
  ['ifHCInMulticastPkts', 'in_multicast_packets'],
  ['ifHCOutMulticastPkts', 'out_multicast_packets'],
  ['ifHCInBroadcastPkts', 'in_broadcast_packets'],
  ['ifHCOutBroadcastPkts', 'out_broadcast_packets'],
];
const NARROW_COLUMNS: readonly (readonly [ColumnName, string])[] = [
  ['ifInUcastPkts', 'in_unicast_packets_32'],
  ['ifOutUcastPkts', 'out_unicast_packets_32'],
  ['ifInMulticastPkts', 'in_multicast_packets_32'],
  ['ifOutMulticastPkts', 'out_multicast_packets_32'],
  ['ifInBroadcastPkts', 'in_broadcast_packets_32'],
  ['ifOutBroadcastPkts', 'out_broadcast_packets_32'],
];

const unsigned = (value: unknown): bigint =>
  Buffer.isBuffer(value) ? BigInt(`0x${value.toString('hex') || '0'}`) : BigInt(value as number);

describe('a simulated device over SNMP', () => {
  it.each([
    ['with 64-bit counters', 1],
    ['with 32-bit counters only', 11],
  ])('%s serves the values of its reading', async (_what, index) => {
    const device = network.devices[index]!;
    const client = snmpClient(agents.endpoint(device.spec.name));
    const columns = [...COUNTER_COLUMNS, ...(device.spec.wide ? WIDE_COLUMNS : NARROW_COLUMNS)];
    const answer = (await client.getBulk(
      [...columns.map(([column]) => COLUMNS[column]), COLUMNS.ifName, COLUMNS.ifAlias],
      0,
      8,
    )) as Binding[][];
    pollInto(reading, { collectorId: 'test', intervalMs: 5_000 })(device);
    expect(reading.observedAtMs).toBe(LIVE_MS);
    for (const [c, [, name]] of columns.entries()) {
      const column = reading.counter(name);
      const expected = Array.from(
        { length: 8 },
        (_, row) => (BigInt(column.hi[row]!) << 32n) | BigInt(column.lo[row]!),
      );
      expect(answer[c]!.map(({ value }) => unsigned(value))).toEqual(expected);
      expect([...column.known.subarray(0, 8)]).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
    }
    expect(answer.at(-2)!.map(({ value }) => String(value))).toEqual(
      Array.from({ length: 8 }, (_, row) => reading.text('if_name').get(row)),
    );
    expect(answer.at(-1)!.map(({ value }) => String(value))).toEqual(
      Array.from({ length: 8 }, (_, row) => reading.text('if_alias').get(row)),
    );
    const scalars = await client.get(
      SCALARS.sysUpTime,
      SCALARS.hrSystemUptime,
      SCALARS.snmpEngineBoots,
      SCALARS.snmpEngineTime,
    );
    expect(scalars.map(({ value }) => value)).toEqual([
      reading.sysUptime,
      reading.hostUptime,
      reading.engineBoots,
      reading.engineTime,
    ]);
    client.close();
  });

  it('has no 64-bit column on a 32-bit device', async () => {
    const client = snmpClient(agents.endpoint(network.devices[11]!.spec.name));
    expect(await client.walk(COLUMNS.ifHCInOctets)).toEqual([]);
    expect(await client.walk(COLUMNS.ifName)).toHaveLength(8);
    client.close();
  });

  it('moves with the clock, and is silent while it restarts', async () => {
    const device = network.devices[2]!;
    const client = snmpClient({ ...agents.endpoint(device.spec.name), timeoutMs: 100 });
    const octets = `${COLUMNS.ifHCInOctets}.${device.spec.ports[0]!.ifIndex}`;
    const [before] = await client.get(octets);
    nowMs += 5_000;
    const [after] = await client.get(octets);
    expect(unsigned(after?.value)).toBeGreaterThan(unsigned(before?.value));
    schedule(network, { kind: 'reboot', device: device.spec.name, startMs: nowMs, endMs: nowMs + 8_000 });
    nowMs += 1_000;
    await expect(client.get(octets)).rejects.toThrow(/timed out/);
    expect(agents.counts.dropped.not_running).toBe(1);
    nowMs += 7_000;
    const [uptime] = await client.get(SCALARS.sysUpTime);
    expect(uptime?.value).toBe(0);
    client.close();
  });
});
