/** What opens on simulated devices while nothing is wrong. */
import { embeddedRegistry } from '../../../pipeline/codec/embedded-registry.ts';
import type { Codec } from '../../../pipeline/codec/port.ts';
import { wallClock } from '../../../pipeline/model/wall-clock.ts';
import type { AnomalyRecord } from '../../../topics/anomaly.ts';
import { catalogue } from '../../../topics/catalogue.ts';
import { startedCodec } from '../../support/codec.ts';
import { Chance } from './simulated/chance.ts';
import { DeviceReadings } from './simulated/device-readings.ts';
import { EntityFold } from './simulated/entity-fold.ts';
import { plannedDevices, PORTS, START_MS, WARM_UP_DAYS, type PlannedDevice } from './simulated/plan.ts';
import { QuietDevice } from './simulated/quiet-device.ts';

export interface FalseAlarmOptions {
  readonly devices: number;
  /** Quiet days after the warm-up. */
  readonly days: number;
  readonly seed: number;
  readonly progress: (line: string) => void;
}

/** An anomaly as it was when its last record came. */
export interface FalseAlarm {
  readonly device: PlannedDevice;
  readonly instance: string;
  readonly metric: string;
  readonly detector: string;
  readonly type: string;
  readonly severity: string;
  readonly sigma: number | null;
  readonly openedAtMs: number;
}

export interface FalseAlarmRun {
  readonly devices: readonly PlannedDevice[];
  readonly alarms: readonly FalseAlarm[];
  readonly days: number;
  readonly seed: number;
}

const DAY_MS = 86_400_000;

export async function falseAlarmRun(options: FalseAlarmOptions): Promise<FalseAlarmRun> {
  const { days, seed, progress } = options;
  const devices = plannedDevices(options.devices, seed);
  const codec = await startedCodec(catalogue, embeddedRegistry());
  const alarms: FalseAlarm[] = [];
  for (const [number, device] of devices.entries()) {
    const found = await alarmsOf(codec, device, WARM_UP_DAYS + days);
    alarms.push(...found);
    const { seasonality, noise } = device.kind;
    progress(
      `${number + 1} of ${devices.length}: ${seasonality}, ${noise}, every ${device.intervalMs / 1_000} s: ${found.length}`,
    );
  }
  return { devices, alarms, days, seed };
}

async function alarmsOf(codec: Codec, device: PlannedDevice, days: number): Promise<FalseAlarm[]> {
  const { entity, kind, intervalMs, seed, site, record } = device;
  const chance = new Chance(seed + 500_000);
  const quiet = new QuietDevice({ kind, ports: PORTS, seed, clock: wallClock(site.time_zone) });
  const bootedAtMs = START_MS - 30 * DAY_MS;
  const readings = new DeviceReadings({ codec, entity, ports: PORTS, intervalMs, bootedAtMs });
  const fold = await EntityFold.start(codec, readings.poll(START_MS));
  await fold.place(site, record);
  const key = Buffer.from(entity);
  const phaseMs = Math.floor(chance.uniform() * intervalMs);
  let lastMs = START_MS;
  for (let poll = 0; poll < (days * DAY_MS) / intervalMs; poll += 1) {
    // Polls are never quite on time, and now and then one is lost.
    const atMs = START_MS + phaseMs + poll * intervalMs + Math.round(chance.between(-300, 300));
    if (chance.is(0.0005) || atMs <= lastMs) continue;
    quiet.count(atMs, (atMs - lastMs) / 1_000);
    lastMs = atMs;
    readings.add(quiet.counts);
    fold.reading(key, readings.poll(atMs), atMs);
  }
  return lastRevisions(await fold.anomalies()).map((anomaly) => ({
    device,
    instance: anomaly.interface_name ?? '',
    metric: anomaly.metric_name,
    detector: anomaly.detector,
    type: anomaly.anomaly_type,
    severity: anomaly.severity,
    sigma: anomaly.deviation_sigma,
    openedAtMs: anomaly.opened_at,
  }));
}

function lastRevisions(records: readonly AnomalyRecord[]): AnomalyRecord[] {
  return [...new Map(records.map((record) => [record.anomaly_id, record])).values()];
}
