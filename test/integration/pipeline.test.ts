/** The whole of one process: simulated agents over real UDP, the memory broker, a real PostgreSQL. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { simulatedAgents } from '../../pipeline/collect/snmp/agent/simulated-agents.ts';
import type { MibInstance, MibView } from '../../pipeline/collect/snmp/agent/mib-view.ts';
import { interfaceProfile } from '../../pipeline/collect/snmp/profile.ts';
import { Secret } from '../../pipeline/model/secret.ts';
import { tailJson } from '../../pipeline/tail.ts';
import { postgresService, type TestDatabase } from '../services/postgres.ts';
import { catalogueWithUnknownProtos, UNKNOWN_PROTOS_OID } from '../support/added-metric.ts';
import { fakeMib } from '../support/fake-mib.ts';
import { count, oneProcess, type OneProcess, type OneProcessOptions } from '../support/one-process.ts';
import { until } from '../support/until.ts';

const stops: (() => Promise<void>)[] = [];

// Before the service's own hooks: what uses a database ends before the database.
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const postgres = postgresService();

type Started = OneProcess & { readonly database: TestDatabase };

/** The pipeline polling `views` every 100 ms. */
async function started(
  views: readonly MibView[],
  options: Pick<OneProcessOptions, 'catalogue' | 'profile'> = {},
): Promise<Started> {
  const database = await postgres.database();
  const agents = simulatedAgents({
    devices: views.map((view) => ({ view, address: '127.0.0.1', port: 0 })),
    community: 'test',
    clock: Date.now,
  });
  await agents.start();
  stops.push(() => agents.stop());
  const credential = { version: 'v2c', community: new Secret('test') } as const;
  const polled = views.map(({ name }) => ({ name, ...agents.endpoint(name), credential, intervalMs: 100 }));
  const running = await oneProcess({ database, agents: polled, ...options });
  stops.push(() => running.stop());
  return { ...running, database };
}

describe('pipeline in one process', () => {
  it('brings what an agent says into the tables: rates, audit, inventory', async () => {
    const mib = fakeMib('core-1', 3);
    const { database, failures } = await started([mib]);
    await until(async () => (await count(database, 'poll_history')) >= 2, 'two polls are stored');
    mib.octets += 1_000_000;
    await until(
      async () => (await count(database, 'interface_metrics WHERE rx_bps > 0')) >= 3,
      'rates are stored',
    );
    const { rows } = await database.pool.query<Record<string, unknown>>(
      `SELECT d.hostname, m.interface_name, m.rx_bps = m.tx_bps AS same, m.rx_bytes
         FROM interface_metrics m JOIN devices d USING (device_id) WHERE m.rx_bps > 0 ORDER BY m.recorded_at, 2 LIMIT 3`,
    );
    expect(rows).toEqual(
      ['eth1', 'eth2', 'eth3'].map((name) => ({
        hostname: 'core-1',
        interface_name: name,
        same: true,
        rx_bytes: String(2 ** 32 + 1_005_000),
      })),
    );
    expect(await count(database, "poll_history WHERE status <> 'success'")).toBe(0);
    expect(failures).toEqual([]);
  });

  it('stores a metric that was added by its rows alone: topic, state, table', async () => {
    const oid = UNKNOWN_PROTOS_OID;
    const profile = {
      ...interfaceProfile,
      columns: [...interfaceProfile.columns, { field: 'in_unknown_protos', oid, type: 'counter32' as const }],
    };
    let packets = 40;
    const mib = withInstance(fakeMib('core-1', 1), {
      oid: `${oid}.1`,
      type: 'counter32',
      read: () => (packets += 10),
    });
    const { database } = await started([mib], { catalogue: catalogueWithUnknownProtos, profile });
    await until(
      async () => (await count(database, 'interface_metrics WHERE rx_unknown_protos_rate > 0')) > 0,
      'the new column is filled',
    );
  });

  it('writes everything that was polled before it stops: nothing lost, nothing twice', async () => {
    const { database, stop } = await started([fakeMib('a', 8), fakeMib('b', 8)]);
    await until(async () => (await count(database, 'interface_metrics')) >= 100, 'some polls are stored');
    await stop();
    const polls = await count(database, 'poll_history');
    expect(await count(database, 'interface_metrics')).toBe(8 * polls);
    expect(
      await count(
        database,
        '(SELECT DISTINCT device_id, interface_name, recorded_at FROM interface_metrics) x',
      ),
    ).toBe(8 * polls);
  });

  it('goes on after every connection to the database was killed, without losing or doubling a row', async () => {
    const { database, failures, stop } = await started([fakeMib('a', 8), fakeMib('b', 8)]);
    const kill = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`;
    for (let round = 1; round <= 5; round += 1) {
      await until(
        async () => (await count(database, 'interface_metrics')) >= 50 * round,
        `round ${round} is stored`,
      );
      await database.pool.query(kill);
    }
    await stop();
    const polls = await count(database, 'poll_history');
    expect(await count(database, 'interface_metrics')).toBe(8 * polls);
    expect(
      await count(
        database,
        '(SELECT DISTINCT device_id, interface_name, recorded_at FROM interface_metrics) x',
      ),
    ).toBe(8 * polls);
    expect(failures).toEqual([]);
  });

  it('answers health, status, metrics and topics over HTTP', async () => {
    const { wired, database } = await started([fakeMib('core-1', 2)]);
    await until(async () => (await count(database, 'interface_metrics')) > 0, 'something is stored');
    const get = async (path: string) => (await fetch(`${wired.status.url}${path}`)).text();
    expect(await get('/readyz')).toContain('true');
    expect(await get('/metrics')).toMatch(/netsigma_sink_rows_total\{table="interface_metrics"\} [1-9]/);
    expect(JSON.parse(await get('/status'))).toMatchObject({
      broker: { kind: 'memory' },
      sink: { state: 'running' },
    });
    const lines = (await get('/topics/metric.interface/tail?limit=1')).trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { interface_name: string }).interface_name)).toEqual([
      'eth1',
      'eth2',
    ]);
  });
});

it('shows 64-bit integers exactly and bytes as base64 when a topic is read', () => {
  expect(tailJson({ small: 5n, large: 2n ** 60n + 1n, bytes: Buffer.from('hi') })).toBe(
    '{"small":5,"large":"1152921504606846977","bytes":"aGk="}',
  );
});

function withInstance(mib: MibView, instance: MibInstance): MibView {
  const instances = [...mib.instances(), instance];
  return { name: mib.name, instances: () => instances, refresh: (nowMs) => mib.refresh(nowMs) };
}
