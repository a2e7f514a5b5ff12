/** A report for people. */
import type { Report } from './check.ts';
import type { Difference } from './differences.ts';

export function reportText({ ok, differenceCount, differences, counts, unverified }: Report): string {
  const { metrics, insight, tables, deadLetters, exact, rounded } = counts;
  const lines = [
    `raw.interface      ${metrics.rawRecords} records, ${metrics.rawRows} rows; no metrics of ${metrics.late} late, ` +
      `${metrics.withoutRows} empty, ${metrics.refused} refused`,
    `metric.interface   ${metrics.metricRecords} records, ${metrics.metricRows} rows`,
    `insight            ${insight.anomalies} anomalies of ${insight.revisions} revisions, ${insight.deviations} deviations`,
    ...Object.entries(tables).map(
      ([table, { expected, found }]) => `${table.padEnd(18)} ${found} rows, ${expected} expected`,
    ),
    `dead letters       ${
      Object.entries(deadLetters)
        .map((entry) => entry.join(' '))
        .join(', ') || 'none'
    }`,
    `numbers            ${exact} the same bits, ${rounded} within 1e-12`,
  ];
  if (unverified.length > 0) lines.push(`not verified       ${unverified.join(', ')}`);
  if (ok) lines.push('no difference');
  else lines.push(`${differenceCount} differences, the first of them:`, ...differences.map(differenceText));
  return `${lines.join('\n')}\n`;
}

function differenceText(difference: Difference): string {
  const { kind, where, key, row, field, expected, found, topic, partition, offset } = difference;
  const place = topic === undefined ? '' : ` (${topic}/${partition}@${offset})`;
  const what = [field, row === undefined ? undefined : `row ${row}`]
    .filter((part) => part !== undefined)
    .join(' of ');
  const values = [
    expected === undefined ? '' : ` expected ${expected}`,
    found === undefined ? '' : ` found ${found}`,
  ];
  return `  ${kind}: ${where} ${key}${what === '' ? '' : `: ${what}`}${values.join(',')}${place}`;
}
