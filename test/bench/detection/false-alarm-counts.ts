/** False alarms a device and week, by whatever they have in common. */
import type { FalseAlarm, FalseAlarmRun } from './false-alarms.ts';
import { START_MS, WARM_UP_DAYS, type PlannedDevice } from './simulated/plan.ts';

const DAY_MS = 86_400_000;
const SEVERE: readonly string[] = ['warning', 'critical'];
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
  readonly days: number;
  readonly total: AlarmRate;
  /** The same from the first day on. */
  readonly fromDayZero: AlarmRate;
  readonly bySeverity: Readonly<Record<string, number>>;
  readonly byKind: readonly AlarmRate[];
  readonly byInterval: readonly AlarmRate[];
  readonly byMetric: readonly AlarmRate[];
  readonly byType: readonly AlarmRate[];
}

export function falseAlarmReport({ devices, alarms, days, seed }: FalseAlarmRun): FalseAlarmReport {
  const quietFromMs = START_MS + WARM_UP_DAYS * DAY_MS;
  const later = alarms.filter(({ openedAtMs }) => openedAtMs >= quietFromMs);
  const weeks = days / 7;
  const rate = (of: string, of_: readonly PlannedDevice[], some: readonly FalseAlarm[], over = weeks) =>
    alarmRate(of, of_.length, some, over);
  const byDevice = (key: (device: PlannedDevice) => string): AlarmRate[] =>
    [...Map.groupBy(devices, key)].map(([of, some]) =>
      rate(
        of,
        some,
        later.filter(({ device }) => key(device) === of),
      ),
    );
  const byAlarm = (key: (alarm: FalseAlarm) => string): AlarmRate[] =>
    [...Map.groupBy(later, key)]
      .map(([of, some]) => rate(of, devices, some))
      .sort((a, b) => b.severe - a.severe || b.all - a.all);
  return {
    seed,
    devices: devices.length,
    days,
    total: rate('all', devices, later),
    fromDayZero: rate('from day 0', devices, alarms, (days + WARM_UP_DAYS) / 7),
    bySeverity: Object.fromEntries(
      ['info', 'warning', 'critical'].map((severity) => [
        severity,
        later.filter((alarm) => alarm.severity === severity).length / devices.length / weeks,
      ]),
    ),
    byKind: byDevice(({ kind }) => `${kind.noise}, ${kind.seasonality}`),
    byInterval: byDevice(({ intervalMs }) => `every ${intervalMs / 1_000} s`),
    byMetric: byAlarm(({ metric }) => metric),
    byType: byAlarm(({ detector, type }) => `${type} (${detector})`),
  };
}

function alarmRate(of: string, devices: number, alarms: readonly FalseAlarm[], weeks: number): AlarmRate {
  const severe = alarms.filter(({ severity }) => SEVERE.includes(severity));
  const per = (count: number): number => count / devices / weeks;
  return { of, devices, all: per(alarms.length), severe: per(severe.length), stories: per(stories(severe)) };
}

/** How many there are once those of one device that follow each other within STORY_MS are taken for one. */
export function stories(alarms: readonly Pick<FalseAlarm, 'device' | 'openedAtMs'>[]): number {
  let count = 0;
  for (const some of Map.groupBy(alarms, ({ device }) => device.name).values()) {
    let lastMs = -Infinity;
    for (const openedAtMs of some.map((alarm) => alarm.openedAtMs).sort((a, b) => a - b)) {
      if (openedAtMs - lastMs > STORY_MS) count += 1;
      lastMs = openedAtMs;
    }
  }
  return count;
}
