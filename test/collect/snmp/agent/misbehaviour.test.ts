/** Every misbehaviour, switched on over real UDP and off again. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { COLUMNS, SCALARS } from '../../../../pipeline/collect/snmp/agent/if-mib.ts';
import type { Misbehaviour } from '../../../../pipeline/collect/snmp/agent/misbehaviour.ts';
import {
  simulatedAgents,
  type SimulatedAgents,
} from '../../../../pipeline/collect/snmp/agent/simulated-agents.ts';
import { fakeMib, type FakeMib } from '../../../support/fake-mib.ts';
import { snmpClient, TYPE, type Binding, type SnmpClient } from '../../../support/snmp-client.ts';

const { ifIndex, ifInOctets, ifName, ifAlias, ifHCInOctets } = COLUMNS;
const GET_UPTIME = Buffer.from(
  '302902010104067075626c6963a01c020412345678020100020100300e300c06082b060102010103000500',
  'hex',
);

let view: FakeMib;
let agents: SimulatedAgents;
let client: SnmpClient;
let raw: Socket;
let nowMs: number;

beforeEach(async () => {
  view = fakeMib('fake', 3);
  nowMs = 1_000_000;
  agents = simulatedAgents({
    devices: [{ view, address: '127.0.0.1', port: 0 }],
    community: 'public',
    clock: () => nowMs,
  });
  await agents.start();
  client = snmpClient(agents.endpoint('fake'));
  raw = createSocket('udp4').bind(0, '127.0.0.1');
  await once(raw, 'listening');
});

afterEach(async () => {
  client.close();
  raw.close();
  await agents.stop();
});

const misbehave = (...misbehaviours: Misbehaviour[]): void => agents.misbehave('fake', misbehaviours);

/** Sends GET sysUpTime as octets; gives the next datagram that arrives, from wherever. */
async function exchange(): Promise<{ bytes: Buffer; from: RemoteInfo }> {
  const { address, port } = agents.endpoint('fake');
  const arrived = once(raw, 'message');
  raw.send(GET_UPTIME, port, address);
  const [bytes, from] = (await arrived) as [Buffer, RemoteInfo];
  return { bytes, from };
}

async function values(...oids: string[]): Promise<unknown[]> {
  return (await client.get(...oids)).map(({ value }) => value);
}

describe('on the wire', () => {
  it('silent: no answer, until it is switched off', async () => {
    misbehave({ kind: 'silent' });
    const impatient = snmpClient({ ...agents.endpoint('fake'), timeoutMs: 50 });
    await expect(impatient.get(SCALARS.sysUpTime)).rejects.toThrow(/timed out/);
    impatient.close();
    misbehave();
    expect(await values(SCALARS.sysUpTime)).toEqual([12_345]);
  });

  it('delay: the answer comes that much later', async () => {
    misbehave({ kind: 'delay', delayMs: 80 });
    const start = performance.now();
    await exchange();
    // Timers of Node may fire up to a millisecond early.
    expect(performance.now() - start).toBeGreaterThanOrEqual(78);
  });

  it('a delayed answer is dropped when the agents stop', async () => {
    misbehave({ kind: 'delay', delayMs: 60_000 });
    const { address, port } = agents.endpoint('fake');
    raw.send(GET_UPTIME, port, address);
    await expect(client.get(SCALARS.sysUpTime)).rejects.toThrow(/timed out/);
    await agents.stop();
    expect(agents.counts.answers).toBe(0);
  });

  it('answer_from_other_port: right octets, wrong sender', async () => {
    misbehave({ kind: 'answer_from_other_port' });
    const { bytes, from } = await exchange();
    expect(from.port).not.toBe(agents.endpoint('fake').port);
    expect(from.address).toBe('127.0.0.1');
    expect(bytes.toString('hex')).toContain('43023039');
  });

  it('wrong_request_id: everything else is right', async () => {
    const right = (await exchange()).bytes.toString('hex');
    misbehave({ kind: 'wrong_request_id' });
    const wrong = (await exchange()).bytes.toString('hex');
    expect(right).toContain('020412345678');
    expect(wrong).not.toContain('020412345678');
    expect(wrong).toHaveLength(right.length);
  });

  it('too_big: refuses what has more bindings, answers the rest', async () => {
    misbehave({ kind: 'too_big', aboveVarbinds: 4 });
    await expect(client.getBulk([ifIndex, ifName], 0, 3)).rejects.toThrow(/TooBig/);
    await expect(client.get(...[1, 2, 3, 1, 2].map((i) => `${ifName}.${i}`))).rejects.toThrow(/TooBig/);
    const answer = await client.getBulk([ifIndex, ifName], 0, 2);
    expect(answer.map((column) => (column as Binding[]).length)).toEqual([2, 2]);
  });

  it('endless_walk, growing: rows behind the last one without end', async () => {
    misbehave({ kind: 'endless_walk', order: 'growing' });
    const answer = await client.getBulk([ifInOctets], 0, 6);
    expect((answer[0] as Binding[]).map(({ oid }) => oid)).toEqual(
      [1, 2, 3, 4, 5, 6].map((i) => `${ifInOctets}.${i}`),
    );
    expect((await client.getNext(`${ifInOctets}.4000000`))[0]?.oid).toBe(`${ifInOctets}.4000001`);
  });

  it('endless_walk, looping: the first row again behind the last one', async () => {
    misbehave({ kind: 'endless_walk', order: 'looping' });
    const answer = await client.getBulk([ifInOctets], 0, 5);
    expect((answer[0] as Binding[]).map(({ oid }) => oid)).toEqual(
      [1, 2, 3, 1, 2].map((i) => `${ifInOctets}.${i}`),
    );
  });

  it('truncated and garbage: datagrams that are no answer', async () => {
    const right = (await exchange()).bytes;
    misbehave({ kind: 'truncated' });
    expect((await exchange()).bytes.equals(right.subarray(0, right.length >>> 1))).toBe(true);
    misbehave({ kind: 'garbage' });
    expect((await exchange()).bytes[0]).not.toBe(0x30);
  });
});

describe('in the values', () => {
  it('counter64_all_ones: one row or all', async () => {
    misbehave({ kind: 'counter64_all_ones', ifIndex: 2 });
    const [right, wrong] = await values(`${ifHCInOctets}.1`, `${ifHCInOctets}.2`);
    expect(right).toEqual(Buffer.from('0100001388', 'hex'));
    expect(wrong).toEqual(Buffer.from('00ffffffffffffffff', 'hex'));
  });

  it('hc_zero: the 64-bit counter stands at 0, its lower half moves', async () => {
    misbehave({ kind: 'hc_zero' });
    view.octets = 6_000;
    expect(await values(`${ifHCInOctets}.1`, `${ifInOctets}.1`)).toEqual([Buffer.from([0]), 6_000]);
  });

  it('negative_uptime: TimeTicks with the sign bit set, engine time below 0', async () => {
    misbehave({ kind: 'negative_uptime' });
    expect((await exchange()).bytes.toString('hex')).toContain('4304ffffff9c');
    expect(await values(SCALARS.snmpEngineTime)).toEqual([-100]);
  });

  it('duplicate_if_name, non_utf8_alias, nul_in_alias, together', async () => {
    misbehave(
      { kind: 'duplicate_if_name' },
      { kind: 'non_utf8_alias', ifIndex: 1 },
      { kind: 'nul_in_alias', ifIndex: 2 },
    );
    const [first, third, latin, nul, right] = await values(
      `${ifName}.1`,
      `${ifName}.3`,
      `${ifAlias}.1`,
      `${ifAlias}.2`,
      `${ifAlias}.3`,
    );
    expect(third).toEqual(first);
    expect(() => new TextDecoder('utf-8', { fatal: true }).decode(latin as Buffer)).toThrow();
    expect(nul).toEqual(Buffer.from('uplink\u0000\u0000'));
    expect(right).toEqual(Buffer.from('port 3'));
  });

  it('stale_cache: counters stand still while uptime goes on, and catch up when switched off', async () => {
    misbehave({ kind: 'stale_cache' });
    view.octets = 9_000;
    view.uptimeTicks = 20_000;
    expect(await values(`${ifInOctets}.1`, SCALARS.sysUpTime)).toEqual([5_000, 20_000]);
    misbehave();
    expect(await values(`${ifInOctets}.1`)).toEqual([9_000]);
  });

  it('reindexed: other ifIndexes after an agent restart, names and counters as before', async () => {
    misbehave({ kind: 'reindexed', by: 100 });
    nowMs += 2_500;
    expect(await values(`${ifIndex}.101`, `${ifName}.101`, `${ifInOctets}.101`)).toEqual([
      101,
      Buffer.from('eth1'),
      5_000,
    ]);
    expect((await client.get(`${ifIndex}.1`))[0]?.type).toBe(TYPE.NoSuchInstance);
    expect(await values(SCALARS.sysUpTime, SCALARS.snmpEngineTime, SCALARS.snmpEngineBoots)).toEqual([
      250, 2, 8,
    ]);
  });
});
