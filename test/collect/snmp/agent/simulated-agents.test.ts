/** The agents over real UDP, asked by net-snmp's client. */
import { createSocket } from 'node:dgram';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { COLUMNS, SCALARS } from '../../../../pipeline/collect/snmp/agent/if-mib.ts';
import {
  simulatedAgents,
  type SimulatedAgents,
} from '../../../../pipeline/collect/snmp/agent/simulated-agents.ts';
import { ConfigError } from '../../../../pipeline/model/errors.ts';
import { fakeMib, type FakeMib } from '../../../support/fake-mib.ts';
import { snmpClient, TYPE, type Binding, type SnmpClient } from '../../../support/snmp-client.ts';

const { ifIndex, ifInOctets, ifSpeed, ifName, ifAlias, ifHCInOctets, ifHCOutOctets } = COLUMNS;

let view: FakeMib;
let agents: SimulatedAgents;
let client: SnmpClient;

beforeEach(async () => {
  view = fakeMib('fake', 3);
  agents = simulatedAgents({
    devices: [
      { view, address: '127.0.0.1', port: 0 },
      { view: fakeMib('small', 60), address: '127.0.0.1', port: 0, maxMessageBytes: 600 },
    ],
    community: 'public',
    clock: Date.now,
  });
  await agents.start();
  client = snmpClient(agents.endpoint('fake'));
});

afterEach(async () => {
  client.close();
  await agents.stop();
  await agents.stop();
});

const oids = (bindings: readonly Binding[]): string[] => bindings.map(({ oid }) => oid);
const numbers = (bindings: readonly Binding[]): unknown[] => bindings.map(({ value }) => value);
const rowsOf = (columns: (Binding | Binding[])[], column: number): Binding[] => columns[column] as Binding[];

describe('GET', () => {
  it('reads every type', async () => {
    const bindings = await client.get(
      SCALARS.sysDescr,
      SCALARS.sysUpTime,
      `${ifSpeed}.1`,
      `${ifInOctets}.2`,
      `${ifHCInOctets}.3`,
    );
    expect(bindings.map(({ type }) => type)).toEqual([
      TYPE.OctetString,
      TYPE.TimeTicks,
      TYPE.Gauge,
      TYPE.Counter,
      TYPE.Counter64,
    ]);
    expect(numbers(bindings)).toEqual([
      Buffer.from('fake device'),
      12_345,
      4_294_967_295,
      5_000,
      Buffer.from('0100001388', 'hex'),
    ]);
  });

  it('tells a missing row from a missing object', async () => {
    const [instance, object] = await client.get(`${ifInOctets}.99`, '1.3.6.1.2.1.99.1.0');
    expect(instance?.type).toBe(TYPE.NoSuchInstance);
    expect(object?.type).toBe(TYPE.NoSuchObject);
  });

  it('fails as a whole in v1 when one name is missing, and hides 64-bit counters there', async () => {
    const v1 = snmpClient({ ...agents.endpoint('fake'), version: 'v1' });
    await expect(v1.get(SCALARS.sysUpTime, `${ifInOctets}.99`)).rejects.toThrow(
      /NoSuchName: 1.3.6.1.2.1.2.2.1.10.99/,
    );
    await expect(v1.get(`${ifHCInOctets}.1`)).rejects.toThrow(/NoSuchName/);
    expect(numbers(await v1.get(`${ifInOctets}.1`))).toEqual([5_000]);
    v1.close();
  });

  it('is answered with tooBig when the answer exceeds the message size', async () => {
    const small = snmpClient(agents.endpoint('small'));
    const many = Array.from({ length: 60 }, (_, i) => `${ifName}.${i + 1}`);
    await expect(small.get(...many)).rejects.toThrow(/TooBig/);
    small.close();
  });
});

describe('GETNEXT', () => {
  it('gives the successor, also of names that are not there', async () => {
    const bindings = await client.getNext(
      ifInOctets,
      `${ifInOctets}.1`,
      `${ifInOctets}.1.7`,
      `${ifInOctets}.3`,
    );
    expect(oids(bindings)).toEqual([`${ifInOctets}.1`, `${ifInOctets}.2`, `${ifInOctets}.2`, `${ifName}.1`]);
  });

  it('ends with endOfMibView under the asked name, in v1 with noSuchName', async () => {
    const beyond = '1.3.6.1.6.3.10.2.1.3.0';
    expect(await client.getNext(beyond)).toEqual([
      expect.objectContaining({ oid: beyond, type: TYPE.EndOfMibView }),
    ]);
    const v1 = snmpClient({ ...agents.endpoint('fake'), version: 'v1' });
    await expect(v1.getNext(beyond)).rejects.toThrow(/NoSuchName/);
    v1.close();
  });

  it('steps over 64-bit counters in v1', async () => {
    const v1 = snmpClient({ ...agents.endpoint('fake'), version: 'v1' });
    expect(oids(await v1.getNext(`${ifName}.3`))).toEqual([`${ifAlias}.1`]);
    v1.close();
  });
});

describe('GETBULK', () => {
  it('gives rows of several columns after the non-repeaters', async () => {
    const answer = await client.getBulk(
      [SCALARS.sysUpTime.slice(0, -2), ifIndex, ifInOctets, ifHCOutOctets],
      1,
      3,
    );
    expect((answer[0] as Binding).oid).toBe(SCALARS.sysUpTime);
    expect(oids(rowsOf(answer, 1))).toEqual([`${ifIndex}.1`, `${ifIndex}.2`, `${ifIndex}.3`]);
    expect(numbers(rowsOf(answer, 2))).toEqual([5_000, 5_000, 5_000]);
    expect(oids(rowsOf(answer, 3))).toEqual([
      `${ifHCOutOctets}.1`,
      `${ifHCOutOctets}.2`,
      `${ifHCOutOctets}.3`,
    ]);
  });

  it('stops after the row in which every column is at the end', async () => {
    const answer = await client.getBulk([SCALARS.snmpEngineBoots, '1.3.6.1.6.4'], 0, 50);
    expect(rowsOf(answer, 0).map(({ type }) => type)).toEqual([TYPE.Integer, TYPE.EndOfMibView]);
    expect(rowsOf(answer, 1).map(({ type }) => type)).toEqual([TYPE.EndOfMibView, TYPE.EndOfMibView]);
  });

  it('is cut to the message size, in the order of RFC 3416, and never refused', async () => {
    const { address, port } = agents.endpoint('small');
    const small = snmpClient({ address, port });
    const socket = createSocket('udp4');
    const answer = await small.getBulk([ifName, ifAlias], 0, 60);
    const [names, aliases] = [rowsOf(answer, 0), rowsOf(answer, 1)];
    expect(names.length).toBeGreaterThan(5);
    expect(names.length).toBeLessThan(60);
    expect(names.length - aliases.length).toBeGreaterThanOrEqual(0);
    expect(names.length - aliases.length).toBeLessThanOrEqual(1);
    expect(oids(await small.walk(ifAlias, 60))).toHaveLength(60);
    socket.close();
    small.close();
  });

  it('gives nothing for no repetitions', async () => {
    expect(await client.getBulk([ifName], 0, 0)).toEqual([]);
  });
});

describe('a walk', () => {
  it('finds every instance once, in order', async () => {
    const found = await client.walk('1.3.6.1');
    expect(found).toHaveLength(view.instances().length);
    expect(new Set(oids(found)).size).toBe(found.length);
    const v1 = snmpClient({ ...agents.endpoint('fake'), version: 'v1' });
    expect(await v1.walk('1.3.6.1')).toHaveLength(found.filter(({ type }) => type !== TYPE.Counter64).length);
    v1.close();
  });
});

describe('the agents', () => {
  it('refuse SET', async () => {
    await expect(client.set(SCALARS.sysName, 'mine')).rejects.toThrow(/NotWritable/);
  });

  it('are silent to a wrong community, and count it', async () => {
    const stranger = snmpClient({ ...agents.endpoint('fake'), community: 'private', timeoutMs: 100 });
    await expect(stranger.get(SCALARS.sysUpTime)).rejects.toThrow(/timed out/);
    expect(agents.counts.dropped.community).toBe(1);
    stranger.close();
  });

  it('say which address cannot be listened on', async () => {
    const { port } = agents.endpoint('fake');
    const second = simulatedAgents({
      devices: [
        { view: fakeMib('free'), address: '127.0.0.1', port: 0 },
        { view, address: '127.0.0.1', port },
      ],
      community: 'public',
      clock: Date.now,
    });
    await expect(second.start()).rejects.toThrow(ConfigError);
    await expect(second.start()).rejects.toThrow(`127.0.0.1:${port}`);
  });

  it("take a free port of 127.0.0.1 where an address is not the host's", async () => {
    // TEST-NET-1 (RFC 5737) is nobody's.
    const elsewhere = simulatedAgents({
      devices: [{ view, address: '192.0.2.1', port: 16_161 }],
      community: 'public',
      clock: Date.now,
    });
    await elsewhere.start();
    const endpoint = elsewhere.endpoint('fake');
    expect(endpoint.address).toBe('127.0.0.1');
    const other = snmpClient(endpoint);
    expect(numbers(await other.get(SCALARS.sysUpTime))).toEqual([12_345]);
    other.close();
    await elsewhere.stop();
  });

  it('refuse two devices of one name and unknown names', () => {
    const device = { view, address: '127.0.0.1', port: 0 };
    expect(() =>
      simulatedAgents({ devices: [device, device], community: 'public', clock: Date.now }),
    ).toThrow(RangeError);
    expect(() => agents.endpoint('nobody')).toThrow(/"nobody"/);
  });
});
