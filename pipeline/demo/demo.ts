/**
 * `netsigma demo`: the whole pipeline in one process on a simulated network. History first, through the same stages,
 * so that baselines are warm; then real SNMP polls, with faults to be found and quiet events that must not alarm.
 */
import { simulatedAgents, type SimulatedAgents } from '../collect/snmp/agent/simulated-agents.ts';
import type { Inventory } from '../collect/inventory.ts';
import type { Config } from '../config.ts';
import { database, type Database } from '../database.ts';
import type { Clock, Component, Log } from '../model/component.ts';
import { ConfigError } from '../model/errors.ts';
import { Secret, type SnmpCredential } from '../model/secret.ts';
import { createMetrics } from '../observe/metrics.ts';
import { lifecycle, type Lifecycle } from '../runtime/lifecycle.ts';
import { wiring, type Wiring } from '../wiring.ts';
import { catalogue, TICK_MS } from '../../topics/catalogue.ts';
import { anomalyFeed } from './anomaly-feed.ts';
import { demoFaults } from './demo-faults.ts';
import { deviceMib } from './device-mib.ts';
import { loadHistory, storedRows } from './load-history.ts';
import { simulatedNetwork, type SimulatedNetwork } from './network.ts';
import { whereToLook, type Screen } from './screen.ts';
import type { FaultVerdict } from './verdict.ts';
import { watch, type Watched } from './watch.ts';

export interface DemoSettings {
  readonly devices: number;
  readonly ports: number;
  readonly intervalMs: number;
  readonly historyMs: number;
  readonly seed: number;
  readonly untilDetected: boolean;
  readonly timeLimitMs: number;
}

export interface DemoOptions {
  readonly config: Config;
  readonly settings: DemoSettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly screen: Screen;
  readonly signal: AbortSignal;
  /** Called when stopping begins, for whatever reason. */
  readonly stopping: () => void;
}

export interface DemoResult {
  readonly history_rows: number;
  readonly live_rows: number;
  readonly faults: readonly FaultVerdict[];
  /** Live anomalies of severity warning or above that no fault explains. */
  readonly false_alarms: number;
  /** Live anomalies of any severity. */
  readonly anomalies: number;
  readonly seconds: number;
}

const COMMUNITY = 'demo';
const CREDENTIALS: ReadonlyMap<string, SnmpCredential> = new Map([
  ['demo', { version: 'v2c', community: new Secret(COMMUNITY) } as const],
]);
/** What the history is expected to take, per reading: decides when the 32-bit control wraps. */
const HISTORY_MS_PER_READING = 0.2;
/**
 * Runs until every fault is found (`untilDetected`), the time limit or the signal.
 * @returns what was found; `complete` is false when a fault was not found or something else was alarmed.
 */
export async function demo(options: DemoOptions): Promise<{ result: DemoResult; complete: boolean }> {
  const { config, settings, clock, log, screen } = options;
  const startedMs = clock();
  screen.say(`netsigma demo: ${settings.devices} devices of ${settings.ports} ports. Ctrl-C stops it.`);
  let base: Lifecycle | undefined;
  const fail = (error: unknown): void => base?.fail(error);
  const store = database({ config, catalogue, log, temporary: true, failed: fail });
  await store.start();
  const ended = new AbortController();
  const above: Lifecycle[] = [];
  try {
    await refuseUsed(store);
    const wired = wiring({
      // Whatever is configured: the demo's history must not reach the topics of others.
      config: {
        ...config,
        broker: { ...config.broker, kind: 'memory' },
        // Baselines of a few devices need not be spread, and people want to see them.
        baseline: { ...config.baseline, spreadMs: TICK_MS },
      },
      catalogue,
      pool: store.pool,
      clock,
      log,
      metrics: createMetrics(),
      anyHttpPort: true,
      failed: fail,
    });
    base = lifecycle(wired.components, log);
    above.push(base);
    await base.start();
    const signal = AbortSignal.any([options.signal, ended.signal]);
    const shown = show({ ...options, signal, store, wired, startedMs, above });
    const failed = base.failed.then((error) => Promise.reject(error as Error));
    return await Promise.race([shown, failed]);
  } finally {
    // What still runs of `show` ends too.
    ended.abort();
    options.stopping();
    await stopAll([...above.reverse(), store]);
  }
}

/** Each is stopped, whatever the others do. @throws the first failure, after all of them. */
async function stopAll(components: readonly Component[]): Promise<void> {
  const failures: unknown[] = [];
  for (const component of components) await component.stop().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

/** A database of one's own must be empty: the simulated history would mix with what is there. */
async function refuseUsed({ pool }: Database): Promise<void> {
  if ((await storedRows(pool)) === 0) return;
  throw new ConfigError(
    'the database already has rows in interface_metrics: give the demo an empty one, or leave out --database-url',
  );
}

interface ShowOptions extends DemoOptions {
  readonly store: Database;
  readonly wired: Wiring;
  readonly startedMs: number;
  /** What was started, in order; what is started joins it. */
  readonly above: Lifecycle[];
}

async function show(options: ShowOptions): Promise<{ result: DemoResult; complete: boolean }> {
  const { config, settings, clock, log, screen, signal, store, wired, startedMs } = options;
  const beginMs = clock();
  const network = simulatedNetwork({
    seed: settings.seed,
    devices: settings.devices,
    portsPerDevice: settings.ports,
    startMs: beginMs - settings.historyMs,
    domain: config.domain,
  });
  const readings = (settings.historyMs / 300_000) * settings.devices;
  const plan = demoFaults({
    network,
    seed: settings.seed,
    liveStartMs: beginMs + readings * HISTORY_MS_PER_READING,
  });
  const agents = simulatedAgents({
    // Any free port: two demos may run side by side.
    devices: network.devices.map((device) => ({ view: deviceMib(device), address: device.address, port: 0 })),
    community: COMMUNITY,
    clock,
  });
  const startAbove = async (...components: Component[]): Promise<void> => {
    const started = lifecycle(components, log);
    options.above.push(started);
    await started.start();
  };
  await startAbove(agents);
  const inventory = inventoryOf(network, config, settings.intervalMs, agents);
  const collect = wired.collect({ inventory, credentials: CREDENTIALS });
  // Sites before the history: seasonal cells follow their clocks.
  await startAbove(...collect.publishing);
  const historyRows = await loadHistory({
    wired,
    network,
    pool: store.pool,
    fromMs: network.startMs,
    toMs: beginMs,
    partitions: config.broker.partitions,
    screen,
    signal,
  });
  const none = { faults: [], falseAlarms: [], complete: false };
  const live = signal.aborted ? undefined : await goLive();
  const { faults, falseAlarms, complete } = live?.watched ?? none;
  const result: DemoResult = {
    history_rows: historyRows,
    live_rows: live === undefined ? 0 : (await storedRows(store.pool)) - historyRows,
    faults,
    false_alarms: falseAlarms.length,
    anomalies: live?.anomalies ?? 0,
    seconds: seconds(clock() - startedMs),
  };
  return { result, complete };

  async function goLive(): Promise<{ watched: Watched; anomalies: number }> {
    screen.say(`${historyRows} rows of history in ${seconds(clock() - beginMs)} s`);
    await startAbove(collect.collector);
    const liveFromMs = clock();
    const injected = plan.begin(liveFromMs);
    const look = () => whereToLook(screen, { url: store.url, status: wired.status.url });
    look();
    const feed = anomalyFeed(store.pool, liveFromMs);
    const untilMs = settings.untilDetected ? startedMs + settings.timeLimitMs : undefined;
    const { intervalMs } = settings;
    const watched = await watch({
      clock,
      screen,
      signal,
      injected,
      feed,
      liveFromMs,
      intervalMs,
      untilMs,
      seen,
    });
    return { watched, anomalies: feed.all().length };

    function seen(): void {
      screen.say('every fault was found, every control has happened');
      if (untilMs !== undefined) return;
      screen.say('polling goes on until Ctrl-C');
      look();
    }
  }
}

function inventoryOf(
  network: SimulatedNetwork,
  { domain, zone }: Config,
  intervalMs: number,
  agents: SimulatedAgents,
): Inventory {
  return {
    domain,
    sites: network.sites(),
    devices: network.inventory({
      credential: 'demo',
      zone,
      profile: 'interface',
      intervalMs,
      endpoint: (name) => agents.endpoint(name),
    }),
  };
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}
