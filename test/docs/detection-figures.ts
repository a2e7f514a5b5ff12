/** The recorded figures of docs/detection.md, block by block; what stands between the blocks is written by hand. */
import type { CostReport } from '../bench/detection/cost/cost-report.ts';
import type { AlarmRate, FalseAlarmReport } from '../bench/detection/false-alarms/false-alarm-counts.ts';
import { FALSE_ALARM_TARGET } from '../bench/detection/false-alarms/false-alarm-text.ts';
import type { KpiReport } from '../bench/detection/kpi/kpi-report.ts';
import type { KeptNab } from '../bench/detection/nab/nab-command.ts';
import type { ProfileScores } from '../bench/detection/nab/nab-report.ts';
import { readRun, type RecordedRun } from '../bench/detection/recorded-run.ts';
import { NOISE_KINDS, SEASONALITY_KINDS, signalName } from '../bench/detection/simulated/signal-kinds.ts';
import { machineText } from '../bench/machine.ts';
import { recallBlock } from './recall-curves.ts';
import { code, table } from './table.ts';

/** What was recorded of a command: a report that its block knows the shape of. */
type Read = (name: string) => RecordedRun<never> | undefined;

/** A block a command, as it stands between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->`. */
const BLOCKS: Readonly<Record<string, (read: Read) => string[]>> = {
  nab: block('nab', nabBlock),
  kpi: block('kpi', kpiBlock),
  'false-alarms': block('false-alarms', falseAlarmBlock),
  recall: block('recall', recallBlock),
  cost: block('cost', costBlock),
};

/** `page` with its blocks made anew. @throws Error when it has no place for one of them. */
export function withDetectionFigures(page: string, read: Read = readRun): string {
  return Object.entries(BLOCKS).reduce((text, [name, make]) => {
    const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
    const from = text.indexOf(begin);
    const to = text.indexOf(end);
    if (from < 0 || to < from) throw new Error(`docs/detection.md has no "${begin}" before "${end}"`);
    const lines = ['<!-- prettier-ignore-start -->', ...make(read), '<!-- prettier-ignore-end -->'];
    return `${text.slice(0, from)}${begin}\n\n${lines.join('\n\n')}\n\n${text.slice(to)}`;
  }, page);
}

function block(name: string, lines: (report: never) => string[]): (read: Read) => string[] {
  return (read) => {
    const run = read(name);
    if (run === undefined) return ['Not recorded yet.'];
    const { date, commit, machine, conditions, report } = run;
    return [`Recorded on ${date} at ${commit}: ${machineText(machine)}; ${conditions}.`, ...lines(report)];
  };
}

function nabBlock(report: KeptNab): string[] {
  const { threshold, fixed, references, categories, categoriesAtFixed } = report;
  const scores = ({ standard, low_fp, low_fn }: ProfileScores): string[] =>
    [standard, low_fp, low_fn].map((score) => score.toFixed(1));
  return [
    table(
      ['detector', 'standard', 'reward low FP', 'reward low FN', 'threshold'],
      [
        ['netsigma, the best threshold of each profile', ...scores(report), threshold.toFixed(2)],
        ['netsigma as it ships: every anomaly', ...scores(fixed), fixed.threshold.toFixed(2)],
        ...Object.entries(references).map(([name, of]) => [name, ...scores(of), 'best']),
      ],
    ),
    table(
      ['folder', 'series', 'windows', 'found', 'false', 'found as it ships', 'false as it ships'],
      categories.map(({ category, files, windows, found, false: wrong }, index) => {
        const shipped = categoriesAtFixed[index]!;
        return [category, ...[files, windows, found, wrong, shipped.found, shipped.false].map(String)];
      }),
    ),
  ];
}

function kpiBlock(report: KpiReport): string[] {
  const {
    first_half: first,
    second_half: second,
    fixed,
    point_adjusted: points,
    delay,
    series,
    rows,
  } = report;
  const counted = [
    ['first halves, where the threshold was chosen', first],
    ['second halves', second],
    ['second halves, as it ships: every anomaly', fixed],
  ] as const;
  return [
    `${series} series of ${rows.toLocaleString('en-US')} rows; an event counts as found within ${delay} rows of its first.`,
    table(
      ['judged on', 'F1', 'precision', 'recall', 'found', 'events', 'false alarms', 'threshold'],
      [
        ...counted.map(([name, score]) => [
          name,
          ...[score.f1, score.precision, score.recall].map((rate) => rate.toFixed(3)),
          ...[score.found, score.events, score.falseAlarms].map(String),
          score.threshold.toFixed(2),
        ]),
        [
          'second halves, point-adjusted',
          ...[points.f1, points.precision, points.recall].map((rate) => rate.toFixed(3)),
          '',
          '',
          '',
          points.threshold.toFixed(2),
        ],
      ],
    ),
  ];
}

function falseAlarmBlock(report: FalseAlarmReport): string[] {
  const { devices, ports, days, warm_up_days: warmUp, seed, severe, total, by_kind: byKind } = report;
  const verdict = severe <= FALSE_ALARM_TARGET ? 'reached' : '**missed**';
  const bad = byKind.filter((rate) => rate.severe > FALSE_ALARM_TARGET).sort((a, b) => b.severe - a.severe);
  return [
    `${devices} devices of ${ports} ports, ${days} quiet days after ${warmUp} days of warm-up, seed ${seed}. Of severity warning or above a device and week: **${severe.toFixed(3)}**, at most ${FALSE_ALARM_TARGET}: ${verdict}. Of any severity, notes for a chart (info) included: ${total.all.toFixed(2)}.`,
    table(
      ['warning or above', ...SEASONALITY_KINDS],
      NOISE_KINDS.map((noise) => [
        noise,
        ...SEASONALITY_KINDS.map((seasonality) => {
          const found = byKind.find(({ of }) => of === signalName({ noise, seasonality }));
          return found === undefined ? '' : rateText(found.severe);
        }),
      ]),
    ),
    bad.length === 0
      ? 'No kind of signal is above the target.'
      : `Above the target: ${bad.map(({ of, severe: rate }) => `${of} ${rate.toFixed(2)}`).join('; ')}.`,
    table(
      ['a device and week', 'any severity', 'warning or above', 'as stories'],
      [
        total,
        report.from_day_zero,
        ...report.by_interval,
        ...report.by_metric.map((rate) => ({ ...rate, of: code(rate.of) })),
        ...report.by_type,
      ].map(({ of, all, severe: some, stories }: AlarmRate) => [
        of,
        ...[all, some, stories].map((rate) => rate.toFixed(3)),
      ]),
    ),
  ];
}

/** Bold where it is more than it should be. */
function rateText(rate: number): string {
  return rate > FALSE_ALARM_TARGET ? `**${rate.toFixed(2)}**` : rate.toFixed(2);
}

function costBlock(report: CostReport): string[] {
  const stages = Object.entries(report.ns_by_stage);
  return [
    table(
      ['', 'CPU ns a sample', 'bytes a series'],
      [
        [
          'everything, decode and encode',
          report.ns_per_sample.toFixed(0),
          report.bytes_per_series.toFixed(0),
        ],
        ...stages.map(([stage, ns]) => [
          stage,
          ns.toFixed(0),
          (report.bytes_by_stage[stage] ?? 0).toFixed(0),
        ]),
        ['a value of `netsigma analyze`', report.ns_per_analyzed_value.toFixed(0), ''],
      ],
    ),
  ];
}
