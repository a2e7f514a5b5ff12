/** Two real agents, polled by v2c and v3, through Kafka, a registry and TimescaleDB: what is in the tables is true. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { kafkaService } from '../services/kafka.ts';
import { canMakeLab, startLab, type Lab } from '../services/lab.ts';
import { postgresService } from '../services/postgres.ts';
import { registryService } from '../services/registry.ts';
import { reasonOf } from '../services/service.ts';
import { timescaleService } from '../services/timescale.ts';
import {
  INTERVAL_MS,
  labRun,
  RATED_POLLS,
  type LabOutcome,
  type LinkEnd,
  type LinkRow,
} from '../support/lab-run.ts';
import { killProcesses } from '../support/netsigma-process.ts';
import { describeIf, hasProgram } from '../support/requires.ts';
import type { RawRecord } from '../verify/records.ts';

const hasPrograms = ['snmpd', 'snmpget', 'iperf3', 'ip'].every(hasProgram);
const labMissing = hasPrograms
  ? 'this user may not make network namespaces here (needs root)'
  : 'snmpd, its tools, iperf3 or ip is not installed (Debian: apt-get install snmpd snmp iperf3 iproute2)';
const hasLab = hasPrograms && canMakeLab();
// Nothing is started for a network that cannot be.
const services = hasLab ? await Promise.all([kafkaService(), registryService(), timescaleService()]) : [];
const serviceMissing = services.map(reasonOf).filter(Boolean).join('; ');
const [kafka = '', registry = '', timescale = ''] = services.map((service) =>
  service.kind === 'running' ? service.address : '',
);
const describeLab = hasLab
  ? describeIf(serviceMissing === '', serviceMissing)
  : describeIf(false, labMissing, { optional: hasPrograms });

/** snmpd takes its snapshot of the counters by a timer of 1 s of its own; half a second for a busy machine. */
const SNAPSHOT_MS = 1_500;
/** Times are whole milliseconds, and halves of them. */
const CLOCK_MS = 5;

const DIRECTIONS = ['rx', 'tx'] as const;
const ROUTERS = [
  { router: 'r1', version: 'v2c' },
  { router: 'r2', version: 'v3' },
] as const;

describeLab('two agents in namespaces, on Kafka and TimescaleDB', () => {
  const postgres = postgresService({
    url: timescale,
    prepare: 'CREATE EXTENSION IF NOT EXISTS timescaledb',
  });
  let lab: Lab | undefined;
  let outcome: LabOutcome;

  beforeAll(async () => {
    lab = await startLab();
    outcome = await labRun({ lab, kafka, registry, database: await postgres.emptyDatabase() });
  }, 180_000);
  afterAll(async () => {
    killProcesses();
    await lab?.stop();
  });

  it('collect, process and sink end with 0 at SIGTERM, without an error and without a secret in their logs', () => {
    expect(outcome.exitCodes).toEqual([0, 0, 0]);
    expect(outcome.output).not.toMatch(/"level":"error"|monitor-auth|monitor-priv/);
  });

  it('time series are in hypertables', () => {
    expect(outcome.hypertables).toEqual(
      expect.arrayContaining(['interface_metrics', 'poll_history', 'data_collection_audit']),
    );
  });

  it('every number in topics and tables is what an independent computation makes of the readings', () => {
    expect(outcome.report.differences).toEqual([]);
    expect(outcome.report.counts.exact).toBeGreaterThan(1_000);
  });

  describe.each(ROUTERS)('$router by $version', ({ router }) => {
    it('octets lie between the readings of the kernel before and after each poll', () => {
      const { rows, kernel, polls } = outcome.ends[router];
      expect(rows.length).toBeGreaterThan(RATED_POLLS);
      for (const row of rows) {
        const { observed_at: middleMs, duration_ms: durationMs } = pollOf(row, polls);
        const askedMs = middleMs - durationMs! / 2 - CLOCK_MS;
        const answeredMs = middleMs + durationMs! / 2 + CLOCK_MS;
        for (const direction of DIRECTIONS) {
          const octets = Number(row[`${direction}_bytes`]);
          expect(octets).toBeGreaterThanOrEqual(kernel.before(askedMs - SNAPSHOT_MS)[direction]);
          expect(octets).toBeLessThanOrEqual(kernel.after(answeredMs)[direction]);
        }
      }
    });

    it('rates are the growth of those octets over the time that the agent saw pass, to the last bit', () => {
      const { polls } = outcome.ends[router];
      const pairs = ratedPairs(outcome.ends[router]);
      expect(pairs.length).toBeGreaterThanOrEqual(RATED_POLLS);
      for (const { from, to, agentSeconds } of pairs) {
        for (const direction of DIRECTIONS) {
          const grown = Number(to[`${direction}_bytes`]) - Number(from[`${direction}_bytes`]);
          expect(to[`${direction}_bps`]).toBe((grown * 8) / agentSeconds);
        }
        // The collector's clock is another witness. It tells the middle of a poll; the agent was asked for its own
        // time, which has ticks of 10 ms, somewhere in it.
        const seconds = (to.recorded_at.getTime() - from.recorded_at.getTime()) / 1000;
        const apartMs = (pollOf(from, polls).duration_ms! + pollOf(to, polls).duration_ms!) / 2;
        expect(Math.abs(seconds - agentSeconds)).toBeLessThanOrEqual((apartMs + 10 + CLOCK_MS) / 1000);
      }
    });

    it('rates add up to the traffic that was sent, within 1 %', () => {
      const { steadyFromMs, downAtMs, wireBitsPerSecond, ends } = outcome;
      const direction = router === 'r1' ? 'tx' : 'rx';
      const within = ratedPairs(ends[router]).filter(
        ({ to }) => to.recorded_at.getTime() > steadyFromMs && to.recorded_at.getTime() < downAtMs,
      );
      expect(within.length).toBeGreaterThanOrEqual(RATED_POLLS);
      const bits = within.reduce(
        (sum, { to, agentSeconds }) => sum + to[`${direction}_bps`]! * agentSeconds,
        0,
      );
      // A poll reads the agent's snapshot, up to 1 s old: the time that the bits took is that between two snapshots,
      // which the kernel's own counter dates.
      const [first, last] = [within[0]!.from, within.at(-1)!.to].map((row) =>
        ends[router].kernel.reachedAtMs(direction, Number(row[`${direction}_bytes`])),
      );
      const bitsPerSecond = bits / ((last! - first!) / 1000);
      expect(Math.abs(bitsPerSecond / wireBitsPerSecond - 1)).toBeLessThan(0.01);
    });

    it('the link that went down is down in the table within two polls', () => {
      const after = rowsAfter(outcome.ends[router], outcome.downAtMs);
      expect(after.slice(0, 2).map(({ oper_status: status }) => status)).toContain(2);
      const down = firstDown(outcome.ends[router], outcome.downAtMs);
      expect(down.recorded_at.getTime() - outcome.downAtMs).toBeLessThanOrEqual(2 * INTERVAL_MS + 500);
      // Taken down by an administrator at r2; at r1 it is lost.
      expect(down.admin_status).toBe(router === 'r2' ? 2 : 1);
    });

    it("then no octet is missing: the last row, the kernel and net-snmp's own tools agree", () => {
      const { rows, kernel, lastRead } = outcome.ends[router];
      const last = rows.at(-1)!;
      const { rx, tx } = kernel.now();
      expect([last.rx_bytes, last.tx_bytes]).toEqual([String(rx), String(tx)]);
      expect([last.rx_bytes, last.tx_bytes]).toEqual([lastRead.rx, lastRead.tx]);
    });
  });

  it('the lost link opens a critical anomaly with that very poll, and the one that was taken down none', () => {
    expect(outcome.anomalies).toMatchObject([
      {
        hostname: 'r1',
        interface_name: 'data',
        metric_name: 'oper_status',
        state: 'opened',
        severity: 'critical',
        metric_value: 2,
        opened_at: firstDown(outcome.ends.r1, outcome.downAtMs).recorded_at,
      },
    ]);
  });
});

function pollOf(row: LinkRow, polls: LinkEnd['polls']): RawRecord {
  const poll = polls.get(row.recorded_at.getTime());
  if (poll === undefined) throw new Error(`no reading was observed at ${row.recorded_at.toISOString()}`);
  return poll;
}

interface RatedPair {
  readonly from: LinkRow;
  readonly to: LinkRow;
  /** By sysUpTime. */
  readonly agentSeconds: number;
}

/** Each row with a rate, and the row that its rate starts from: one that was stale starts nothing. */
function ratedPairs({ rows, polls }: LinkEnd): RatedPair[] {
  const pairs: RatedPair[] = [];
  let from: LinkRow | undefined;
  for (const to of rows) {
    if (to.quality === 'good' && from !== undefined) {
      const ticks = pollOf(to, polls).sys_uptime! - pollOf(from, polls).sys_uptime!;
      pairs.push({ from, to, agentSeconds: Number(ticks) / 100 });
    }
    if (to.quality !== 'stale') from = to;
  }
  return pairs;
}

function rowsAfter({ rows }: LinkEnd, atMs: number): LinkRow[] {
  return rows.filter((row) => row.recorded_at.getTime() > atMs);
}

function firstDown(end: LinkEnd, atMs: number): LinkRow {
  const down = rowsAfter(end, atMs).find(({ oper_status: status }) => status === 2);
  if (down === undefined) throw new Error('the link is up in all rows');
  return down;
}
