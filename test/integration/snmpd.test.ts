/** The poller against Debian's snmpd: values, security, restarts and, where namespaces are allowed, known traffic. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { PollOutcome } from '../../pipeline/collect/snmp/poll.ts';
import { Secret, type SnmpCredential } from '../../pipeline/model/secret.ts';
import { poller, rowsOf, type Poller } from '../collect/snmp/table-mib.ts';
import { canMakeLab, startLab, type Lab } from '../services/lab.ts';
import { startSnmpd, TOOL_ARGUMENTS, tool, V2C, V3, type Snmpd } from '../services/snmpd.ts';
import { rawReading } from '../support/raw-reading.ts';
import { describeIf, hasProgram } from '../support/requires.ts';
import { topologyDriver } from '../support/topology-driver.ts';
import { until } from '../support/until.ts';

const IF = '1.3.6.1.2.1.2.2.1';
const IFX = '1.3.6.1.2.1.31.1.1.1';
const hasSnmpd = hasProgram('snmpd') && hasProgram('snmpbulkwalk');
const MISSING = 'snmpd or its tools are not installed (Debian: apt-get install snmpd snmp)';

let asking: Poller;
beforeEach(async () => {
  asking = await poller({ timeoutMs: 2_000, listenAddress: '0.0.0.0' });
});
afterEach(async () => asking.stop());

/** A column by ifIndex, read by net-snmp's own tool. */
async function column(agent: Snmpd, version: 'v2c' | 'v3', oid: string): Promise<Map<number, string>> {
  const lines = await tool('snmpbulkwalk', [
    ...TOOL_ARGUMENTS[version],
    '-OnQ',
    `${agent.address}:${agent.port}`,
    oid,
  ]);
  return new Map(
    lines.map((line): [number, string] => {
      const [name, value] = line.split(' = ');
      return [Number(name!.split('.').at(-1)), (value ?? '').replace(/^"(.*)"$/, '$1')];
    }),
  );
}

/** rx_bps of an interface, as the sub-topology computes it from two polls. */
async function foldedRate(first: PollOutcome, second: PollOutcome, name: string): Promise<number> {
  const driver = await topologyDriver();
  for (const { table, agent, startedAtMs, endedAtMs } of [first, second]) {
    const observedAtMs = Math.round((startedAtMs + endedAtMs) / 2);
    const { sysUptime, engineBoots, engineTime } = agent;
    const envelope = { observedAtMs, sysUptime, engineBoots, engineTime, intervalMs: 5_000 };
    const reading = rawReading(driver.codec, envelope, []);
    table.fill(reading, table.indexes());
    await driver.pipeReading(reading);
  }
  const decoder = driver.codec.readingDecoder('metric.interface');
  const metric = driver.codec.newReading('metric.interface');
  const { value } = driver.sent.findLast(({ topic }) => topic === 'metric.interface')!;
  await decoder.prepare([value]);
  expect(decoder.decode(value, metric)).toBeUndefined();
  return metric.number('rx_bps').values[metric.instances.indexOf(name)]!;
}

function cell(outcome: PollOutcome, ifIndex: number, field: string): unknown {
  return rowsOf(outcome).find((row) => row['if_index'] === ifIndex)?.[field];
}

describeIf(hasSnmpd, MISSING)("Debian's snmpd on loopback", () => {
  let agent: Snmpd;
  beforeAll(async () => {
    agent = await startSnmpd();
  });
  afterAll(async () => agent.stop());

  const polled = async (credential: SnmpCredential): Promise<PollOutcome> =>
    asking.poll(asking.session(agent, credential));

  it.each([
    ['v2c', V2C],
    ['v3', V3],
  ] as const)('by %s gives what its own tools read', async (version, credential) => {
    const before = await polled(credential);
    const names = await column(agent, version, `${IFX}.1`);
    const octets = await column(agent, version, `${IFX}.6`);
    const low = await column(agent, version, `${IF}.10`);
    const mtus = await column(agent, version, `${IF}.4`);
    const types = await column(agent, version, `${IF}.3`);
    const after = await polled(credential);

    expect(before).toMatchObject({ status: 'complete', errors: [] });
    expect(rowsOf(before).map((row) => row['if_index'])).toEqual([...names.keys()].sort((a, b) => a - b));
    for (const [index, name] of names) {
      expect(cell(before, index, 'if_name')).toBe(name);
      expect(cell(before, index, 'mtu')).toBe(Number(mtus.get(index)));
      expect(cell(before, index, 'if_type')).toBe(Number(types.get(index)));
      for (const [field, tool] of [
        ['in_octets', octets],
        ['in_octets_32', low],
      ] as const) {
        const value = BigInt(tool.get(index)!);
        expect(cell(before, index, field)).toBeLessThanOrEqual(value);
        expect(cell(after, index, field)).toBeGreaterThanOrEqual(value);
      }
    }
    expect(after.agent.sysUptime).toBeGreaterThanOrEqual(before.agent.sysUptime);
    expect(before.agent.engineBoots).toBeGreaterThanOrEqual(1);
    expect(before.agent.hostUptime).toBeGreaterThan(0);
  });

  it('is discovered once a v3 session', async () => {
    const session = asking.session(agent, V3);
    await asking.poll(session);
    expect(await asking.poll(session)).toMatchObject({ status: 'complete', retries: 0 });
  });

  it.each([
    ['another password', { ...V3, authKey: new Secret('not-the-password') }, 'wrong_digest'],
    ['an unknown user', { ...V3, user: 'nobody' }, 'unknown_user'],
    ['less security than the user must have', { ...V3, level: 'authNoPriv' }, 'no_access'],
    ['an unknown community', { version: 'v2c', community: new Secret('guess') }, 'timeout'],
  ] as const)('refuses %s with a named reason', async (_name, credential, reason) => {
    const outcome = await asking.poll(asking.session(agent, credential), { retries: 0, deadlineMs: 3_000 });
    expect(outcome).toMatchObject({ status: 'failed', unanswered: true });
    expect(outcome.errors[0]).toMatch(new RegExp(`^${reason}`));
  });

  it.each([
    ['v2c', V2C],
    ['v3', V3],
  ] as const)(
    'restarted, goes on by %s: uptime falls, boots rise by one, counters run on',
    async (_v, credential) => {
      const session = asking.session(agent, credential);
      // Old enough that the uptime after the restart is below it.
      let before = await asking.poll(session);
      await until(
        async () => {
          before = await asking.poll(session);
          return before.agent.sysUptime > 500;
        },
        'an uptime of 5 s',
        15_000,
      );
      await agent.restart();
      let after = await asking.poll(session);
      await until(async () => {
        after = await asking.poll(session);
        return after.status === 'complete';
      }, 'its tables are there again');
      expect(after.agent.sysUptime).toBeLessThan(before.agent.sysUptime);
      expect(after.agent.engineBoots).toBe(before.agent.engineBoots + 1);
      const loopback = Number(rowsOf(before).find((row) => row['if_name'] === 'lo')?.['if_index']);
      expect(cell(after, loopback, 'in_octets')).toBeGreaterThanOrEqual(
        cell(before, loopback, 'in_octets') as bigint,
      );
    },
  );
});

const LAB_MISSING =
  'snmpd, iperf3 or ip is not installed (Debian: apt-get install snmpd snmp iperf3 iproute2)';
const LAB_FORBIDDEN =
  'this user may not make network namespaces here (needs root); the tests on loopback cover the same agent';
const hasLabPrograms = hasSnmpd && hasProgram('iperf3') && hasProgram('ip');
const describeLab = hasLabPrograms
  ? describeIf(canMakeLab(), LAB_FORBIDDEN, { optional: true })
  : describeIf(false, LAB_MISSING);
describeLab('two routers in namespaces', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab();
  });
  afterAll(async () => lab.stop());

  it('carry traffic of a known rate, which two polls give within 1 %', async () => {
    await lab.r2.setCacheSeconds(1);
    const session = asking.session(lab.r2, V3);
    const received = (outcome: PollOutcome): bigint =>
      rowsOf(outcome).find((row) => row['if_name'] === 'data')?.['in_octets'] as bigint;
    // snmpd takes a snapshot of the counters each second by a timer of its own, while its sysUpTime is of the moment:
    // between any two polls the counters can be a second off. So both polls are the first of a snapshot.
    const firstOfSnapshot = async (): Promise<PollOutcome> => {
      let last = await asking.poll(session);
      let next = last;
      await until(async () => {
        last = next;
        next = await asking.poll(session);
        return received(next) > received(last);
      }, 'the next snapshot');
      return next;
    };
    const { wireBitsPerSecond, stop } = await lab.startTraffic(20_000_000);
    try {
      const from = lab.receivedOctets();
      await until(() => lab.receivedOctets() > from + 3_000_000, 'traffic');
      const first = await firstOfSnapshot();
      await until(() => lab.receivedOctets() > Number(received(first)) + 13_000_000, '5 s of it', 15_000);
      const second = await firstOfSnapshot();
      expect(second.agent.sysUptime - first.agent.sysUptime).toBeGreaterThan(400);
      const bitsPerSecond = await foldedRate(first, second, 'data');
      expect(Math.abs(bitsPerSecond / wireBitsPerSecond - 1)).toBeLessThan(0.01);
    } finally {
      await stop();
    }
  });

  it('are both polled over one socket, each by its own credential', async () => {
    const outcomes = await Promise.all([
      asking.poll(asking.session(lab.r1, V2C)),
      asking.poll(asking.session(lab.r2, V3)),
    ]);
    for (const outcome of outcomes) {
      expect(outcome.status).toBe('complete');
      expect(rowsOf(outcome).map((row) => row['if_name'])).toEqual(
        expect.arrayContaining(['data', 'lo', 'mgmt']),
      );
    }
    expect(asking.dropped).toEqual([]);
  });
});
