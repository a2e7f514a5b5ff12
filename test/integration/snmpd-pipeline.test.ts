/** Debian's snmpd through everything: polled by v2c and v3, folded, stored; what it does to counters is survived. */
import { afterEach, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { postgresService, type TestDatabase } from '../services/postgres.ts';
import { startSnmpd, V2C, V3 } from '../services/snmpd.ts';
import { count, oneProcess } from '../support/one-process.ts';
import { describeIf, hasProgram } from '../support/requires.ts';
import { until } from '../support/until.ts';

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const postgres = postgresService();

interface Row {
  hostname: string;
  recorded_at: Date;
  quality: string;
  rx_bytes: string | null;
  rx_bps: number | null;
}

async function loopback({ pool }: TestDatabase): Promise<Map<string, Row[]>> {
  const { rows } = await pool.query<Row>(
    `SELECT d.hostname, m.recorded_at, m.quality, m.rx_bytes, m.rx_bps
       FROM interface_metrics m JOIN devices d USING (device_id)
      WHERE m.interface_name = 'lo' ORDER BY m.recorded_at`,
  );
  return Map.groupBy(rows, ({ hostname }) => hostname);
}

/** Octets that the kernel has received on lo. */
function kernelOctets(): number {
  return Number(readFileSync('/sys/class/net/lo/statistics/rx_bytes', 'utf8'));
}

const MISSING = 'snmpd or its tools are not installed (Debian: apt-get install snmpd snmp)';

describeIf(hasProgram('snmpd') && hasProgram('snmpset'), MISSING)('snmpd through the pipeline', () => {
  it('gives rates that add up to the kernel counters, by v2c and v3, over a restart of the agent and its cache', async () => {
    const database = await postgres.database();
    const agent = await startSnmpd();
    stops.push(() => agent.stop());
    const at = { address: agent.address, port: agent.port, intervalMs: 1_000 };
    const running = await oneProcess({
      database,
      agents: [
        { name: 'by-v2c', ...at, credential: V2C },
        { name: 'by-v3', ...at, credential: V3 },
      ],
    });
    stops.push(() => running.stop());
    const good = "interface_metrics WHERE interface_name = 'lo' AND quality = 'good'";
    await until(async () => (await count(database, good)) >= 6, 'rates of both sessions', 40_000);
    // The agent's table cache of 3 s makes two polls of three repeat: they must be stale, never 0.
    expect(
      await count(database, "interface_metrics WHERE interface_name = 'lo' AND quality = 'stale'"),
    ).toBeGreaterThan(0);
    expect(await count(database, `${good} AND rx_bps = 0`)).toBe(0);

    await agent.restart();
    // snmpd's first ifInUcastPkts after a start is 0: where that was lower, the verdict is a reset, not a mere restart.
    const restarted =
      "interface_metrics WHERE interface_name = 'lo' AND quality IN ('agent_restart', 'reset')";
    await until(
      async () => (await count(database, restarted)) >= 2,
      'both sessions have seen the restart',
      40_000,
    );
    const before = await count(database, good);
    await until(async () => (await count(database, good)) >= before + 4, 'rates again', 40_000);
    await running.stop();

    const kernel = kernelOctets();
    for (const [session, rows] of await loopback(database)) {
      // Rates are never negative, and null exactly where the verdict is not good or gap.
      for (const { quality, rx_bps: bps } of rows) {
        expect([session, quality, bps === null]).toEqual([
          session,
          quality,
          quality !== 'good' && quality !== 'gap',
        ]);
        if (bps !== null) expect(bps).toBeGreaterThan(0);
      }
      // Independent computation: between two good rows the rates of the second cover just the growth since the first.
      const sums = growth(rows);
      expect(sums.byRates / sums.byCounters).toBeGreaterThan(0.9);
      expect(sums.byRates / sums.byCounters).toBeLessThan(1.1);
      expect(Number(rows.at(-1)!.rx_bytes)).toBeLessThanOrEqual(kernel);
    }
    expect(running.failures).toEqual([]);
  }, 180_000);
});

/** Octets by rate x time and by counter difference, over runs without a restart; time is the collector's. */
function growth(rows: readonly Row[]): { byRates: number; byCounters: number } {
  let byRates = 0;
  let byCounters = 0;
  let from: Row | undefined;
  for (const row of rows) {
    if (row.quality === 'good' && from !== undefined) {
      byRates += (row.rx_bps! / 8) * ((row.recorded_at.getTime() - from.recorded_at.getTime()) / 1000);
      byCounters += Number(row.rx_bytes) - Number(from.rx_bytes);
    }
    // A stale row keeps the sample before it; everything else is the sample that the next rate starts from.
    if (row.quality !== 'stale') from = row;
  }
  return { byRates, byCounters };
}
