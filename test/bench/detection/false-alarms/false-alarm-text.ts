/** The report on false alarms for people. */
import { NOISE_KINDS, SEASONALITY_KINDS, signalName } from '../simulated/signal-kinds.ts';
import { textTable } from '../text-table.ts';
import { isOfQuietDays, type AlarmRate, type FalseAlarmReport } from './false-alarm-counts.ts';
import type { QuietRun } from './quiet-run.ts';

/** A device and week, of severity warning or above. */
export const FALSE_ALARM_TARGET = 0.2;

export function falseAlarmText(report: FalseAlarmReport): string {
  const { seed, devices, ports, days, warm_up_days: warmUp, severe, total, by_severity: bySeverity } = report;
  const verdict = severe <= FALSE_ALARM_TARGET ? 'reached' : 'missed';
  const severities = Object.entries(bySeverity).map(([name, rate]) => `${name} ${rate.toFixed(3)}`);
  return [
    `${devices} devices of ${ports} ports, ${days} quiet days after ${warmUp} of warm-up, seed ${seed}; anomalies a device and week`,
    `warning or above: ${severe.toFixed(3)}, at most ${FALSE_ALARM_TARGET}: ${verdict} (${severities.join(', ')})`,
    rates('', [total, report.from_day_zero, ...report.by_interval]),
    matrix(report.by_kind),
    rates('noise', report.by_noise),
    rates('seasonality', report.by_seasonality),
    rates('metric', report.by_metric),
    rates('type', report.by_type),
  ].join('\n\n');
}

/** What opened in the quiet days, by device and time. */
export function alarmLines({ devices, alarms }: QuietRun): string[] {
  return devices.flatMap(({ name, kind, intervalMs }, number) =>
    alarms[number]!.filter(isOfQuietDays).map((alarm) => {
      const { instance, metric, type, severity, sigma, openedAtMs } = alarm;
      const series = `${name} (${signalName(kind)}, every ${intervalMs / 1_000} s) ${instance} ${metric}`;
      return `${new Date(openedAtMs).toISOString()} ${series}: ${type}, ${severity}, ${sigma?.toFixed(1) ?? '-'} sigma`;
    }),
  );
}

function rates(title: string, some: readonly AlarmRate[]): string {
  const rows = some.map(({ of, devices, all, severe, stories }) => [
    of,
    String(devices),
    ...[all, severe, stories].map((rate) => rate.toFixed(3)),
  ]);
  return textTable([title, 'devices', 'any severity', 'warning or above', 'as stories'], rows);
}

/** Warning or above by noise and seasonality; empty where no device was of that kind. */
function matrix(byKind: readonly AlarmRate[]): string {
  const rows = NOISE_KINDS.map((noise) => [
    noise,
    ...SEASONALITY_KINDS.map(
      (seasonality) =>
        byKind.find(({ of }) => of === signalName({ noise, seasonality }))?.severe.toFixed(3) ?? '',
    ),
  ]);
  return textTable(['warning or above', ...SEASONALITY_KINDS], rows);
}
