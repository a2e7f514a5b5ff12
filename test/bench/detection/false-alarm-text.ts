/** The report on false alarms for people. */
import type { AlarmRate, FalseAlarmReport } from './false-alarm-counts.ts';
import { textTable } from './text-table.ts';

/** A device and week, of severity warning or above. */
export const FALSE_ALARM_TARGET = 0.2;

export function falseAlarmText(report: FalseAlarmReport): string {
  const { seed, devices, days, total, fromDayZero, bySeverity } = report;
  const verdict = total.severe <= FALSE_ALARM_TARGET ? 'reached' : 'missed';
  const severities = Object.entries(bySeverity).map(([name, rate]) => `${name} ${rate.toFixed(3)}`);
  return [
    `${devices} devices of 24 ports, ${days} quiet days after 21 of warm-up, seed ${seed}; anomalies a device and week`,
    `warning or above: ${total.severe.toFixed(3)}, at most ${FALSE_ALARM_TARGET}: ${verdict} (${severities.join(', ')})`,
    section('', [total, fromDayZero, ...report.byInterval]),
    section('by kind of signal', report.byKind),
    section('by metric', report.byMetric),
    section('by type', report.byType),
  ].join('\n\n');
}

function section(name: string, rates: readonly AlarmRate[]): string {
  const rows = rates.map(({ of, devices, all, severe, stories }) => [
    of,
    String(devices),
    ...[all, severe, stories].map((rate) => rate.toFixed(3)),
  ]);
  return textTable([name, 'devices', 'any severity', 'warning or above', 'as stories'], rows);
}
