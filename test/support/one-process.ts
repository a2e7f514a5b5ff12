/** The pipeline in one process for tests: memory broker, a real PostgreSQL, and whichever agents are named. */
import { interfaceProfile, type Profile } from '../../pipeline/collect/snmp/profile.ts';
import { loadConfig } from '../../pipeline/config.ts';
import { migrate } from '../../pipeline/db/migrate.ts';
import type { SnmpCredential } from '../../pipeline/model/secret.ts';
import { createMetrics } from '../../pipeline/observe/metrics.ts';
import { lifecycle } from '../../pipeline/runtime/lifecycle.ts';
import { wiring, type Wiring } from '../../pipeline/wiring.ts';
import { catalogue, type Catalogue } from '../../topics/catalogue.ts';
import type { InventoryDeviceRecord } from '../../topics/inventory.ts';
import type { TestDatabase } from '../services/postgres.ts';
import { deviceRecord } from './inventory-records.ts';
import { silentLog } from './log.ts';

export interface PolledAgent {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly credential: SnmpCredential;
  readonly intervalMs: number;
}

export interface OneProcessOptions {
  readonly database: TestDatabase;
  readonly agents: readonly PolledAgent[];
  readonly catalogue?: Catalogue;
  readonly profile?: Profile;
}

export interface OneProcess {
  readonly wired: Wiring;
  readonly failures: unknown[];
  /** Collectors first, then everything that they sent is stored, then the rest. Safe twice. */
  stop(): Promise<void>;
}

/** Started, polling. Tables get the columns of `catalogue`. */
export async function oneProcess(options: OneProcessOptions): Promise<OneProcess> {
  const { database, agents, catalogue: from = catalogue, profile = interfaceProfile } = options;
  await migrate({ pool: database.pool, catalogue: from, log: silentLog });
  const { config } = loadConfig({
    text: 'http: { port: 0 }\ncollector_id: test\nlog: { level: silent }\nsink: { flush_interval: 20ms }',
    env: {},
    readFile: () => '',
    processName: 'test',
  });
  const failures: unknown[] = [];
  const wired = wiring({
    config,
    catalogue: from,
    pool: database.pool,
    clock: Date.now,
    log: silentLog,
    metrics: createMetrics(),
    profiles: new Map([[profile.name, profile]]),
    failed: (error) => failures.push(error),
  });
  const credentials = new Map(agents.map(({ name, credential }) => [name, credential]));
  const inventory = { domain: 'default', sites: [], devices: agents.map(inventoryDevice) };
  const base = lifecycle(wired.components, silentLog);
  const collectors = lifecycle(wired.collect({ inventory, credentials }).components, silentLog);
  await base.start();
  await collectors.start();
  return {
    wired,
    failures,
    async stop() {
      await collectors.stop();
      await base.stop();
    },
  };
}

/** Rows that a table (or any FROM clause) holds. */
export async function count({ pool }: TestDatabase, from: string): Promise<number> {
  const { rows } = await pool.query<{ n: string }>(`SELECT count(*) AS n FROM ${from}`);
  return Number(rows[0]!.n);
}

function inventoryDevice({ name, address, port, intervalMs }: PolledAgent): InventoryDeviceRecord {
  return deviceRecord(name, { addresses: [address], port, credential: name, interval_ms: intervalMs });
}
