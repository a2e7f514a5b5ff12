/**
 * `netsigma demo`: the whole pipeline in one process on a simulated network. History first, through the same stages,
 * so that baselines are warm; then real SNMP polls, with faults to be found and quiet events that must not alarm.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { simulatedAgents, type SimulatedAgents } from '../collect/snmp/agent/simulated-agents.ts';
import type { Inventory } from '../collect/inventory.ts';
import type { Config } from '../config.ts';
import { database, type Database } from '../database.ts';
import type { Clock, Component, Log } from '../model/component.ts';
import { Secret, type SnmpCredential } from '../model/secret.ts';
import { createMetrics } from '../observe/metrics.ts';
import { lifecycle, type Lifecycle } from '../runtime/lifecycle.ts';
import { wiring, type Wiring } from '../wiring.ts';
import { catalogue } from '../../topics/catalogue.ts';
import { anomalyFeed, type AnomalyFeed } from './anomaly-feed.ts';
import { demoFaults, type DemoFaults } from './demo-faults.ts';
import { deviceMib } from './device-mib.ts';
import { loadHistory, storedRows } from './load-history.ts';
import { simulatedNetwork, type SimulatedNetwork } from './network.ts';
import { ANOMALY_HEADING, anomalyLine, faultLine, whereToLook, type Screen } from './screen.ts';
import { verdict, type FaultVerdict, type Verdict } from './verdict.ts';

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
const LOOK_EVERY_MS = 250;
/** What the history is expected to take, per reading: decides when the 32-bit control wraps. */
const HISTORY_MS_PER_READING = 0.2;
/** A control has been survived when so many polls have come after it. */
const QUIET_POLLS = 4;

/**
 * Runs until every fault is found (`untilDetected`), the time limit or the signal.
 * @returns what was found; `complete` is false when a fault was not found or something else was alarmed.
 */
export async function demo(options: DemoOptions): Promise<{ result: DemoResult; complete: boolean }> {
  const { config, settings, clock, log, screen } = options;
  const startedMs = clock();
  screen.say(`netsigma demo: ${settings.devices} devices of ${settings.ports} ports. Ctrl-C stops it.`);
  const store = database({ config, catalogue, log, temporary: true });
  await store.start();
  let base: Lifecycle | undefined;
  const above: Lifecycle[] = [];
  try {
    const fail = (error: unknown): void => base?.fail(error);
    const wired = wiring({
      config,
      catalogue,
      pool: store.pool,
      clock,
      log,
      metrics: createMetrics(),
      failed: fail,
    });
    base = lifecycle(wired.components, log);
    await base.start();
    const failed = base.failed.then((error) => Promise.reject(error as Error));
    const shown = show({ ...options, store, wired, startedMs, above });
    return await Promise.race([shown, failed]);
  } finally {
    for (const each of above.reverse()) await each.stop();
    await base?.stop();
    await store.stop();
  }
}

interface ShowOptions extends DemoOptions {
  readonly store: Database;
  readonly wired: Wiring;
  readonly startedMs: number;
  /** What was started on top of the pipeline, in order. */
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
  const [publisher, collector] = wired.collectors(inventory, CREDENTIALS);
  // Sites before the history: seasonal cells follow their clocks.
  await startAbove(publisher);
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
  screen.say(`${historyRows} rows of history in ${seconds(clock() - beginMs)} s`);
  await startAbove(collector);
  const liveFromMs = clock();
  const injected = plan.begin(liveFromMs);
  whereToLook(screen, { url: store.url, status: wired.status.url });
  const feed = anomalyFeed(store.pool, liveFromMs);
  await watch(options, injected, feed, liveFromMs);
  const judged = judge(injected, feed, liveFromMs);
  for (const fault of judged.faults) screen.say(faultLine(fault));
  for (const alarm of judged.falseAlarms)
    screen.say(`  FALSE  ${alarm.metric} on ${alarm.device} ${alarm.interface}`);
  const result: DemoResult = {
    history_rows: historyRows,
    live_rows: (await storedRows(store.pool)) - historyRows,
    faults: judged.faults,
    false_alarms: judged.falseAlarms.length,
    anomalies: feed.all().length,
    seconds: seconds(clock() - startedMs),
  };
  return { result, complete: isComplete(judged) };
}

/** Prints what is committed; ends with the signal, and when all is found and every control has passed, or in time. */
async function watch(
  { settings, clock, screen, signal, startedMs }: ShowOptions,
  injected: DemoFaults,
  feed: AnomalyFeed,
  liveFromMs: number,
): Promise<void> {
  const controlsEndMs = controlsEnd(injected, liveFromMs, settings.intervalMs);
  screen.say(ANOMALY_HEADING);
  for (;;) {
    const nowMs = clock();
    for (const anomaly of await feed.poll(nowMs)) screen.say(anomalyLine(anomaly));
    if (signal.aborted) return;
    if (settings.untilDetected) {
      if (
        nowMs >= controlsEndMs &&
        judge(injected, feed, liveFromMs).faults.every(({ detected }) => detected)
      )
        return;
      if (nowMs - startedMs >= settings.timeLimitMs) {
        screen.say(`time limit of ${seconds(settings.timeLimitMs)} s reached`);
        return;
      }
    }
    await wait(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** When every control has happened and some polls have come after it. Of the wraps, one between two polls is enough. */
function controlsEnd({ controls }: DemoFaults, liveFromMs: number, intervalMs: number): number {
  const ends = controls.map((control) => {
    switch (control.kind) {
      case 'reboot':
      case 'discontinuity':
        return control.endMs;
      case 'wrap_32':
        return control.wraps.find(({ atMs }) => atMs >= liveFromMs + 2 * intervalMs)?.atMs ?? control.endMs;
      case 'untouched':
        return control.startMs;
    }
  });
  return Math.max(...ends) + QUIET_POLLS * intervalMs;
}

function judge({ faults }: DemoFaults, feed: AnomalyFeed, liveFromMs: number): Verdict {
  return verdict(faults, feed.all(), liveFromMs);
}

function isComplete({ faults, falseAlarms }: Verdict): boolean {
  return falseAlarms.length === 0 && faults.every(({ detected }) => detected);
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
