/**
 * The promise of the whole, in two minutes: tasks and sinks die ten times each at random moments, Kafka once; committed
 * offsets and checkpoint pointers are lost; and every row is as if nothing had happened. `npm run chaos` does it longer.
 */
import { afterAll, expect, it } from '@jest/globals';
import pg from 'pg';
import { canRunKafka } from '../services/kafka-server.ts';
import { registryService } from '../services/registry.ts';
import { reasonOf } from '../services/service.ts';
import { timescaleService } from '../services/timescale.ts';
import { killProcesses } from '../support/netsigma-process.ts';
import { describeIf } from '../support/requires.ts';
import { chaos } from './chaos.ts';
import type { BadEnd } from './members.ts';
import { surroundings } from './surroundings.ts';

const services = [await canRunKafka(), await registryService(), await timescaleService()];
const missing = services.map(reasonOf).filter(Boolean).join('; ');

const SUB_TOPOLOGIES = ['entity', 'domain'];
const KILLS = 10;
const LONGEST_STOP_MS = 20_000;

describeIf(missing === '', missing)('chaos', () => {
  afterAll(killProcesses);

  it('loses nothing, doubles nothing, changes nothing', async () => {
    const around = await surroundings({ plain: false });
    if (around.kind === 'missing') throw new Error(around.reason);
    const seed = Math.floor(Math.random() * 2 ** 31);
    process.stderr.write(`chaos: seed ${seed}\n`);
    const lines: string[] = [`seed ${seed}`];
    try {
      const progress = (line: string) => void lines.push(line);
      const size = { seed, durationMs: 60_000, kills: KILLS, members: 2, devices: 6 };
      const result = await chaos({ ...around, ...size, progress });
      const { report, events, load, badEnds, stops, restores, handOver } = result;
      lines.push(JSON.stringify({ badEnds, stops, restores, handOver }, undefined, 2));
      expect(report.differences).toEqual([]);
      expect(report.counts.metrics.rawRecords).toBeGreaterThanOrEqual(load.records);
      expect(report.counts.insight.deviations).toBeGreaterThan(0);
      expect(report.counts.tables.interface_metrics!.found).toBeGreaterThan(0);
      expect(report.counts.tables.poll_history!.found).toBeGreaterThan(0);
      expect(await hypertables(around.database)).toContain('interface_metrics');
      expect(events).toMatchObject({
        ...{ kill_process: KILLS, kill_sink: KILLS, kill_broker: 1 },
        ...{ delete_group: 1, lose_metadata: 1 },
      });
      expect(badEnds.filter((end) => !foundNoKafka(end))).toEqual([]);
      expect(stops.filter(({ code, tookMs }) => (code ?? 0) !== 0 || tookMs > LONGEST_STOP_MS)).toEqual([]);
      expect(restores.fromBoth).toBeGreaterThan(0);
      // A task a partition of each sub-topology.
      const tasks = SUB_TOPOLOGIES.length * around.partitions;
      expect(handOver.map(({ checkpoint }) => checkpoint)).toEqual(
        Array.from({ length: tasks }, () => 'full'),
      );
      // After an orderly end nothing is folded again, but for a partition that was moving between members just then.
      expect(handOver.filter(({ refolded }) => refolded === 0).length).toBeGreaterThan(0);
    } catch (error) {
      throw new Error(lines.join('\n'), { cause: error });
    } finally {
      await around.stop();
    }
  }, 600_000);
});

/** Kafka was killed while the member started: that is for its supervisor. */
function foundNoKafka({ code, output }: BadEnd): boolean {
  return code === 1 && output.includes('no use of Kafka') && !output.includes('giving up');
}

async function hypertables(database: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      'SELECT hypertable_name AS name FROM timescaledb_information.hypertables',
    );
    return rows.map(({ name }) => name);
  } finally {
    await client.end();
  }
}
