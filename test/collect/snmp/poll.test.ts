/** Polls of simulated agents over real UDP: what good agents say, and the values that cannot be taken. */
import { describe, expect, it } from '@jest/globals';
import { COLUMNS, SCALARS } from '../../../pipeline/collect/snmp/agent/if-mib.ts';
import { interfaceProfile } from '../../../pipeline/collect/snmp/profile.ts';
import { catalogue, rowFields, withFields } from '../../../topics/catalogue.ts';
import { pollBench } from './poll-bench.ts';
import { instance, interfaces, rowsOf, tableMib } from './table-mib.ts';

const bench = pollBench();

describe('a good agent', () => {
  it('gives every row of both tables, joined by ifIndex, and its uptimes', async () => {
    const { asking, session } = await bench(tableMib(interfaces(3)));
    const outcome = await asking.poll(session);
    expect(outcome).toMatchObject({ status: 'complete', errors: [], unanswered: false, retries: 0 });
    expect(outcome.agent).toEqual({
      sysUptime: 100_000,
      hostUptime: 200_000,
      engineBoots: 3,
      engineTime: 1_000,
    });
    expect(rowsOf(outcome)).toEqual(
      [1, 2, 3].map((index) => ({
        if_index: index,
        if_name: `eth${index}`,
        oper_status: 1,
        in_octets: 2n ** 32n + BigInt(index) * 1_000n,
        out_octets: 2n ** 32n + BigInt(index) * 1_000n,
        in_octets_32: BigInt(index) * 1_000n,
        in_unicast_packets: BigInt(index),
      })),
    );
  });

  it('of 400 rows is read in few requests, and in fewer once it is known', async () => {
    const { asking, session } = await bench(tableMib(interfaces(400)), [], { maxMessageBytes: 60_000 });
    const first = await asking.poll(session);
    const second = await asking.poll(session);
    const third = await asking.poll(session);
    expect(rowsOf(first)).toHaveLength(400);
    expect(third.requests).toBeLessThanOrEqual(second.requests);
    expect(third.requests).toBeLessThan(first.requests);
  });

  it('of 48 rows is read in one request once it is known: columns of several tables travel together', async () => {
    const rows = Array.from({ length: 48 }, (_, i) => instance('dot3StatsDuplexStatus', i + 1, 3));
    const view = tableMib([...interfaces(48), ...rows]);
    const { asking, session } = await bench(view, [], { maxMessageBytes: 60_000 });
    // Two polls look for columns that the agent does not have.
    for (let i = 0; i < 2; i += 1) await asking.poll(session);
    const known = await asking.poll(session);
    expect(known.requests).toBe(1);
    expect(rowsOf(known)[47]).toMatchObject({ if_index: 48, duplex: 3, if_name: 'eth48' });
  });

  it('whose messages are short is read whole, though its answers are cut', async () => {
    const { asking, session } = await bench(tableMib(interfaces(60)), [], { maxMessageBytes: 600 });
    const outcome = await asking.poll(session);
    expect(outcome.status).toBe('complete');
    expect(rowsOf(outcome)).toHaveLength(60);
  });

  it('without HC packets is read from the 32-bit column, and asked for HC again later', async () => {
    const narrow = [1, 2].flatMap((index) => [
      instance('ifDescr', index, `port ${index}`),
      instance('ifInOctets', index, index),
      instance('ifInUcastPkts', index, 10 * index),
    ]);
    const { asking, session } = await bench(tableMib(narrow));
    const first = rowsOf(await asking.poll(session));
    expect(first[1]).toEqual({
      if_index: 2,
      if_name: 'port 2',
      in_octets_32: 2n,
      in_unicast_packets_32: 20n,
    });
    await asking.poll(session);
    const planned = asking.memory.planned().map(({ profile }) => profile.field);
    expect(planned).toContain('in_unicast_packets_32');
    expect(planned).not.toContain('in_unicast_packets');
    expect(rowsOf(await asking.poll(session))[1]).toEqual(first[1]);
  });

  it('with HC packets for its fast interface only gives the 32-bit ones of the other', async () => {
    const view = tableMib([
      instance('ifHCInUcastPkts', 1, 7),
      instance('ifInUcastPkts', 1, 7),
      instance('ifInUcastPkts', 2, 8),
      instance('ifOperStatus', 2, 1),
    ]);
    const { asking, session } = await bench(view);
    expect(rowsOf(await asking.poll(session))).toEqual([
      { if_index: 1, in_unicast_packets: 7n, in_unicast_packets_32: 7n },
      { if_index: 2, oper_status: 1, in_unicast_packets_32: 8n },
    ]);
  });

  it('without a name for one row falls back to ifDescr for that row only', async () => {
    const view = tableMib([
      instance('ifName', 1, 'eth1'),
      instance('ifName', 2, ''),
      instance('ifDescr', 1, 'descr 1'),
      instance('ifDescr', 2, 'descr 2'),
      instance('ifDescr', 3, 'descr 3'),
      instance('ifInOctets', 3, 1),
    ]);
    const { asking, session } = await bench(view);
    expect(rowsOf(await asking.poll(session)).map((row) => row['if_name'])).toEqual([
      'eth1',
      'descr 2',
      'descr 3',
    ]);
  });

  it('with ifIndex 0 and above 2^24, and the same ifName twice, gives those rows', async () => {
    const view = tableMib(
      [0, 5, 2 ** 24 + 1].flatMap((index) => [
        instance('ifName', index, 'same'),
        instance('ifHCInOctets', index, index),
      ]),
    );
    const { asking, session } = await bench(view);
    expect(rowsOf(await asking.poll(session))).toEqual(
      [0, 5, 2 ** 24 + 1].map((index) => ({ if_index: index, if_name: 'same', in_octets: BigInt(index) })),
    );
  });

  it('gives a metric that was added by a row of the profile and one of the catalogue', async () => {
    const fields = rowFields(
      withFields(catalogue, 'raw.interface', [
        { name: 'in_unknown_protocols', type: 'long', kind: 'counter', width: 32, doc: 'ifInUnknownProtos.' },
      ])['raw.interface'],
    );
    const row = { field: 'in_unknown_protocols', oid: '1.3.6.1.2.1.2.2.1.15', type: 'counter32' } as const;
    const profile = { ...interfaceProfile, columns: [...interfaceProfile.columns, row] };
    const view = tableMib([
      instance('ifInOctets', 1, 1),
      { oid: `${row.oid}.1`, type: 'counter32', read: () => 77 },
    ]);
    const { asking, session } = await bench(view, [], { poller: { profile, fields } });
    expect(rowsOf(await asking.poll(session), fields)).toEqual([
      { if_index: 1, in_octets_32: 1n, in_unknown_protocols: 77n },
    ]);
  });

  it('that has no interfaces yet is no device without interfaces', async () => {
    const { asking, session } = await bench(tableMib([]));
    expect(await asking.poll(session)).toMatchObject({
      status: 'failed',
      errors: ['no_rows'],
      unanswered: false,
    });
  });
});

describe('a value that cannot be taken', () => {
  it('of all ones in a Counter64 is unknown, and named once', async () => {
    const { asking, session } = await bench(tableMib(interfaces(3)), [{ kind: 'counter64_all_ones' }]);
    const outcome = await asking.poll(session);
    expect(outcome.status).toBe('complete');
    expect(outcome.errors).toContain('counter64_out_of_range:in_octets');
    expect(new Set(outcome.errors).size).toBe(outcome.errors.length);
    expect(rowsOf(outcome)[0]).not.toHaveProperty('in_octets');
    expect(rowsOf(outcome)[0]).toHaveProperty('in_octets_32', 1_000n);
    expect(asking.values.filter((one) => one === 'counter64_out_of_range:in_octets')).toHaveLength(3);
  });

  it('of a negative snmpEngineTime is unknown', async () => {
    const { asking, session } = await bench(tableMib(interfaces(1)), [{ kind: 'negative_uptime' }]);
    const outcome = await asking.poll(session);
    expect(outcome.errors).toEqual(['out_of_range:engine_time']);
    expect(outcome.agent.engineTime).toBeNaN();
  });

  it('of a negative sysUpTime sent as INTEGER is unknown', async () => {
    const view = tableMib(interfaces(1));
    const negative = { oid: SCALARS.sysUpTime, type: 'integer', read: (): number => -5 } as const;
    const all = view.instances().map((one) => (one.oid === SCALARS.sysUpTime ? negative : one));
    const { asking, session } = await bench({ ...view, instances: () => all });
    const outcome = await asking.poll(session);
    expect(outcome.errors).toEqual(['out_of_range:sys_uptime']);
    expect(outcome.agent.sysUptime).toBeNaN();
    expect(outcome.status).toBe('complete');
  });

  it('of another type is unknown', async () => {
    const view = tableMib([
      { oid: `${COLUMNS.ifHCInOctets}.1`, type: 'octets', read: () => Buffer.from('12') },
      instance('ifHCOutOctets', 1, 5),
    ]);
    const { asking, session } = await bench(view);
    const outcome = await asking.poll(session);
    expect(outcome.errors).toEqual(['wrong_type:in_octets']);
    expect(rowsOf(outcome)).toEqual([{ if_index: 1, out_octets: 5n }]);
  });

  it('of text in another encoding or with NULs is text, and named', async () => {
    const view = tableMib([
      ...interfaces(2),
      instance('ifAlias', 1, Buffer.from('Z\xfcrich', 'latin1')),
      instance('ifAlias', 2, 'uplink\0\0'),
    ]);
    const { asking, session } = await bench(view);
    const outcome = await asking.poll(session);
    expect(rowsOf(outcome).map((row) => row['if_alias'])).toEqual(['Zürich', 'uplink']);
    expect(outcome.errors).toEqual(['not_utf8:if_alias', 'nul_stripped:if_alias']);
  });
});
