/** A worker: folds the quiet weeks of one simulated device after the other, and posts what opened in them. */
import { embeddedRegistry } from '../../../../pipeline/codec/embedded-registry.ts';
import type { Codec } from '../../../../pipeline/codec/port.ts';
import { wallClock } from '../../../../pipeline/model/wall-clock.ts';
import type { AnomalyRecord } from '../../../../topics/anomaly.ts';
import { catalogue } from '../../../../topics/catalogue.ts';
import { startedCodec } from '../../../support/codec.ts';
import { answerTasks } from '../in-workers.ts';
import { Chance } from '../simulated/chance.ts';
import { DeviceReadings } from '../simulated/device-readings.ts';
import { EntityFold } from '../simulated/entity-fold.ts';
import { START_MS, WARM_UP_DAYS, type PlannedDevice } from '../simulated/plan.ts';
import { QuietDevice } from '../simulated/quiet-device.ts';

export interface QuietTask {
  readonly device: PlannedDevice;
  /** After the warm-up. */
  readonly days: number;
}

/** An anomaly as it was when its last record came. */
export interface FalseAlarm {
  readonly instance: string;
  readonly metric: string;
  readonly detector: string;
  readonly type: string;
  readonly severity: string;
  readonly sigma: number | null;
  readonly openedAtMs: number;
}

const DAY_MS = 86_400_000;
/** Share of polls that are lost. */
const LOST = 0.0005;

const codec = await startedCodec(catalogue, embeddedRegistry());
answerTasks(({ device, days }: QuietTask) => falseAlarms(codec, device, WARM_UP_DAYS + days));

async function falseAlarms(codec: Codec, device: PlannedDevice, days: number): Promise<FalseAlarm[]> {
  const { entity, kind, ports, intervalMs, seed, site, record } = device;
  const chance = new Chance(seed + 500_000);
  const quiet = new QuietDevice({ kind, ports, seed, clock: wallClock(site.time_zone) });
  const bootedAtMs = START_MS - 30 * DAY_MS;
  const readings = new DeviceReadings({ codec, entity, ports, intervalMs, bootedAtMs });
  const fold = await EntityFold.start(codec, readings.poll(START_MS));
  await fold.place(site, record);
  const key = Buffer.from(entity);
  const phaseMs = Math.floor(chance.uniform() * intervalMs);
  let lastMs = START_MS;
  for (let poll = 0; poll < (days * DAY_MS) / intervalMs; poll += 1) {
    // Polls are never quite on time, and now and then one is lost.
    const atMs = START_MS + phaseMs + poll * intervalMs + Math.round(chance.between(-300, 300));
    if (chance.is(LOST) || atMs <= lastMs) continue;
    quiet.count(atMs, (atMs - lastMs) / 1_000);
    lastMs = atMs;
    readings.add(quiet.counts);
    fold.reading(key, readings.poll(atMs), atMs);
  }
  return lastRevisions(await fold.anomalies()).map((anomaly) => ({
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
