/** What a device's poller keeps from one poll to the next. */
import { afterEach, describe, expect, it } from '@jest/globals';
import type { MibInstance } from '../../../pipeline/collect/snmp/agent/mib-view.ts';
import {
  simulatedAgents,
  type SimulatedAgents,
} from '../../../pipeline/collect/snmp/agent/simulated-agents.ts';
import { silentSnmpObserver } from '../../../pipeline/collect/snmp/observer.ts';
import { PolledDevice } from '../../../pipeline/collect/snmp/polled-device.ts';
import { SNMP_DEFAULTS } from '../../../pipeline/collect/snmp/poll-settings.ts';
import { PROFILES } from '../../../pipeline/collect/snmp/profile.ts';
import { catalogue, rowFields } from '../../../topics/catalogue.ts';
import { deviceRecord } from '../../support/inventory-records.ts';
import { silentLog } from '../../support/log.ts';
import { COMMUNITY, instance, poller, rowsOf, tableMib, type Poller } from './table-mib.ts';

let agents: SimulatedAgents;
let asking: Poller;
let device: PolledDevice;

afterEach(async () => {
  device.close();
  await asking.stop();
  await agents.stop();
});

async function polledDevice(
  instances: () => readonly MibInstance[],
  changes: { profile?: string } = {},
): Promise<ReturnType<typeof tableMib>> {
  const base = tableMib([], 'r1');
  const scalars = base.instances();
  const view = Object.assign(base, { instances: () => [...scalars, ...instances()] });
  agents = simulatedAgents({
    devices: [{ view, address: '127.0.0.1', port: 0 }],
    community: 'public',
    clock: Date.now,
  });
  await agents.start();
  asking = await poller();
  const { address, port } = agents.endpoint('r1');
  device = new PolledDevice(
    deviceRecord('r1', { addresses: [address], port, zone: 'lab', interval_ms: 1_000, ...changes }),
    {
      sockets: asking.sockets,
      credentials: new Map([['lab', COMMUNITY]]),
      profiles: PROFILES,
      fields: rowFields(catalogue['raw.interface']),
      settings: { ...SNMP_DEFAULTS, timeoutMs: 100 },
      clock: Date.now,
      log: silentLog,
      observer: silentSnmpObserver,
    },
  );
  return view;
}

async function polledRow(): Promise<Record<string, unknown> | undefined> {
  const result = await device.poll();
  return result.kind === 'polled' ? rowsOf(result.outcome)[0] : undefined;
}

describe('a polled device', () => {
  it('whose agent restarted is asked for all columns again', async () => {
    const narrow = [instance('ifInUcastPkts', 1, 5), instance('ifInOctets', 1, 6)];
    const wide = [...narrow, instance('ifHCInUcastPkts', 1, 7)];
    let has = narrow;
    const view = await polledDevice(() => has);
    // Polls 0, 1 and 3 look for what is absent; the next to do so would be 7.
    for (let poll = 0; poll < 4; poll += 1) {
      expect(await polledRow()).toMatchObject({ in_unicast_packets_32: 5n });
    }
    has = wide;
    agents.misbehave('r1', []);
    expect(await polledRow()).not.toHaveProperty('in_unicast_packets');
    view.uptimeTicks = 10;
    await polledRow();
    view.uptimeTicks = 20;
    expect(await polledRow()).toMatchObject({ in_unicast_packets: 7n });
  });

  it('of an unknown profile is refused by name, without a request', async () => {
    await polledDevice(() => [], { profile: 'optics' });
    expect(await device.poll()).toEqual({ kind: 'refused', reason: 'unknown_profile', detail: 'optics' });
    expect(agents.counts.requests).toBe(0);
  });

  it('that is closed in the middle of a poll tells nothing', async () => {
    await polledDevice(() => [instance('ifInOctets', 1, 6)]);
    agents.misbehave('r1', [{ kind: 'silent' }]);
    const result = device.poll();
    device.close();
    expect(await result).toEqual({ kind: 'gone' });
  });
});
