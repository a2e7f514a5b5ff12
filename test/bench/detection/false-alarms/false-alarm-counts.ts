/** False alarms a device and week, by whatever they have in common. */
import type { Severity } from '../../../../topics/anomaly.ts';
import { START_MS, WARM_UP_DAYS, type PlannedDevice } from '../simulated/plan.ts';
import { signalName } from '../simulated/signal-kinds.ts';
import type { QuietRun } from './quiet-run.ts';
import type { FalseAlarm } from './quiet-worker.ts';

const DAY_MS = 86_400_000;
/** Anomalies of a device that open so close to each other are one story. */
const STORY_MS = 600_000;

export interface AlarmRate {
  readonly of: string;
  readonly devices: number;
  /** A device and week: of any severity, of warning or above, and stories of warning or above. */
  readonly all: number;
  readonly severe: number;
  readonly stories: number;
}

export interface FalseAlarmReport {
  readonly seed: number;
  readonly devices: number;
  readonly ports: number;
  /** Quiet days that are counted. */
  readonly days: number;
  readonly warm_up_days: number;
  /** A device and week, warning or above. */
  readonly severe: number;
  readonly total: AlarmRate;
  /** The same from the first day on. */
  readonly from_day_zero: AlarmRate;
  readonly by_severity: Readonly<Record<Severity, number>>;
  readonly by_noise: readonly AlarmRate[];
  readonly by_seasonality: readonly AlarmRate[];
  readonly by_kind: readonly AlarmRate[];
  readonly by_interval: readonly AlarmRate[];
  readonly by_metric: readonly AlarmRate[];
  readonly by_type: readonly AlarmRate[];
}

/** An alarm with the device that it is of. */
interface Counted extends FalseAlarm {
  readonly device: PlannedDevice;
}

export function falseAlarmReport({ devices, alarms, days, seed }: QuietRun): FalseAlarmReport {
  const all = devices.flatMap((device, number) => alarms[number]!.map((alarm) => ({ ...alarm, device })));
  const quiet = all.filter(isOfQuietDays);
  const weeks = days / 7;
  const byDevice = (key: (device: PlannedDevice) => string): AlarmRate[] =>
    [...Map.groupBy(devices, key)].map(([of, some]) => {
      const theirs = quiet.filter(({ device }) => key(device) === of);
      return alarmRate(of, some.length, theirs, weeks);
    });
  const byAlarm = (key: (alarm: Counted) => string): AlarmRate[] =>
    [...Map.groupBy(quiet, key)]
      .map(([of, some]) => alarmRate(of, devices.length, some, weeks))
      .sort((a, b) => b.severe - a.severe || b.all - a.all);
  const ofSeverity = (wanted: string): number =>
    quiet.filter(({ severity }) => severity === wanted).length / devices.length / weeks;
  const total = alarmRate('in the quiet days', devices.length, quiet, weeks);
  return {
    seed,
    devices: devices.length,
    ports: devices[0]!.ports,
    days,
    warm_up_days: WARM_UP_DAYS,
    severe: total.severe,
    total,
    from_day_zero: alarmRate('from day 0', devices.length, all, (days + WARM_UP_DAYS) / 7),
    by_severity: {
      info: ofSeverity('info'),
      warning: ofSeverity('warning'),
      critical: ofSeverity('critical'),
    },
    by_noise: byDevice(({ kind }) => kind.noise),
    by_seasonality: byDevice(({ kind }) => kind.seasonality),
    by_kind: byDevice(({ kind }) => signalName(kind)),
    by_interval: byDevice(({ intervalMs }) => `every ${intervalMs / 1_000} s`),
    by_metric: byAlarm(({ metric }) => metric),
    by_type: byAlarm(({ detector, type }) => `${type} (${detector})`),
  };
}

export function isOfQuietDays({ openedAtMs }: Pick<FalseAlarm, 'openedAtMs'>): boolean {
  return openedAtMs >= START_MS + WARM_UP_DAYS * DAY_MS;
}

function alarmRate(of: string, devices: number, alarms: readonly Counted[], weeks: number): AlarmRate {
  const severe = alarms.filter(({ severity }) => severity !== 'info');
  const per = (count: number): number => count / devices / weeks;
  return {
    of,
    devices,
    all: per(alarms.length),
    severe: per(severe.length),
    stories: per(stories(severe.map(({ device, openedAtMs }) => ({ device: device.name, openedAtMs })))),
  };
}

/** How many there are once those of one device that follow each other within STORY_MS are taken for one. */
export function stories(alarms: readonly { readonly device: string; readonly openedAtMs: number }[]): number {
  let count = 0;
  for (const some of Map.groupBy(alarms, ({ device }) => device).values()) {
    let lastMs = -Infinity;
    for (const openedAtMs of some.map((alarm) => alarm.openedAtMs).sort((a, b) => a - b)) {
      if (openedAtMs - lastMs > STORY_MS) count += 1;
      lastMs = openedAtMs;
    }
  }
  return count;
}
