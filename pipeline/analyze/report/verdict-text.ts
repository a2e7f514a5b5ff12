/** What was found of what was read in a few sentences; where nothing was, why that may be. */
import { SEVERITIES } from '../../../topics/anomaly.ts';
import type { SeriesSummary } from '../series-summary.ts';
import { durationText } from '../../model/duration-text.ts';
import { longGap } from './long-gap.ts';
import { momentText } from './moment.ts';
import { counted, grouped, seriesName } from './plain-text.ts';
import { countsOf } from './summary-table.ts';

export interface VerdictOptions {
  readonly timeZone: string;
  /** From which confidence in its baseline on a series is judged, and from which on loudly, 0-1. */
  readonly minConfidence: number;
  readonly alarmConfidence: number;
  /** Anomalies that were found, but not kept. */
  readonly forgotten: number;
}

/** Of all values; more are no accident. */
const FEW_LATE = 0.03;
/** So many in turn that are older than what came before are a stretch of time that came again. */
const STRETCH = 10;

export function verdictText(series: readonly SeriesSummary[], options: VerdictOptions): string {
  const { timeZone, forgotten } = options;
  const sum = (of: (one: SeriesSummary) => number): number =>
    series.reduce((total, one) => total + of(one), 0);
  const values = sum((one) => one.values);
  const from = series.reduce((least, { fromMs }) => (fromMs < least ? fromMs : least), Infinity);
  const to = series.reduce((most, { toMs }) => (toMs > most ? toMs : most), -Infinity);
  const counts = SEVERITIES.toReversed().map(
    (severity) => `${grouped(sum((one) => countsOf(one)[severity]))} ${severity}`,
  );
  const late = sum((one) => one.late);
  const unknown = sum((one) => one.unknown);
  return [
    `${counted(values, 'value')} of ${counted(series.length, 'series', 'series')}, ${momentText(from, timeZone)} to ${momentText(to, timeZone)} ${timeZone}: ${counts.join(', ')}.`,
    ...(forgotten > 0
      ? [
          `${counted(forgotten, 'milder anomaly was', 'milder anomalies were')} found but not kept: --max-anomalies keeps more.`,
        ]
      : []),
    ...nothingText(series, options),
    ...quietText(series, options),
    ...(late > 0
      ? [lateText(late, values, { older: sum((one) => one.older), falls: sum((one) => one.falls) })]
      : []),
    ...(unknown > 0
      ? [`${counted(unknown, 'value')} of counters gave no rate: the first of each, and those after a reset.`]
      : []),
    ...gapText(series, timeZone),
    ...statusText(series),
  ].join('\n');
}

function nothingText(series: readonly SeriesSummary[], { minConfidence }: VerdictOptions): string[] {
  if (series.length === 0 || series.some(({ anomalies }) => anomalies.size > 0)) return [];
  const judged = series.filter((one) => one.judged > 0);
  if (judged.length === 0)
    return [
      `Nothing could be found: no value was judged. A series is judged from ${percent(minConfidence)} confidence in what is expected of it on: that takes some 100 values, over hours or more. ${bestText(series)}`,
    ];
  const values = judged.reduce((sum, one) => sum + one.judged, 0);
  const constant = series.filter(isConstant).length;
  return [
    `Nothing was found: ${counted(values, 'value')} of ${counted(judged.length, 'series', 'series')} were judged, and none was far enough from what its series had shown before.`,
    ...(constant > 0 ? [`${counted(constant, 'series', 'series')} never changed.`] : []),
  ];
}

/** Too little was seen to be loud about anything. */
function quietText(
  series: readonly SeriesSummary[],
  { minConfidence, alarmConfidence }: VerdictOptions,
): string[] {
  const known = series.filter(({ judged }) => judged > 0);
  if (known.length === 0 || alarmConfidence <= minConfidence) return [];
  if (known.some(({ confidence }) => confidence >= alarmConfidence)) return [];
  return [
    `Nothing here is called worse than info: that takes ${percent(alarmConfidence)} confidence, a week or so. ${bestText(known)}`,
  ];
}

function bestText(series: readonly SeriesSummary[]): string {
  const best = series.reduce((most, one) => (one.confidence > most.confidence ? one : most));
  const span = durationText(best.toMs - best.fromMs);
  return `The best known, ${seriesName(best)}, reached ${percent(best.confidence)} with ${counted(best.values, 'value')} over ${span}.`;
}

function percent(share: number): string {
  return `${Math.floor(100 * share)}%`;
}

function isConstant({ envelope }: SeriesSummary): boolean {
  const buckets = envelope.buckets();
  const [first] = buckets;
  return buckets.every(({ least, largest }) => least === first?.least && largest === first.least);
}

function lateText(
  late: number,
  values: number,
  { older, falls }: Pick<SeriesSummary, 'older' | 'falls'>,
): string {
  const share = late / (late + values);
  const isStretch = older > late / 2 && older >= STRETCH * falls;
  const advice = isStretch
    ? ': a clock went back, or a file was given twice; or else series share a name, and --instance COLUMN parts them'
    : share > FEW_LATE
      ? ': sort the rows by time, or name the column that tells series apart with --instance COLUMN'
      : '';
  return `${counted(late, 'value was', 'values were')} not newer than the one before in the series, and left out${advice}.`;
}

/** Of those without anomalies: the others say it themselves. */
function gapText(series: readonly SeriesSummary[], timeZone: string): string[] {
  const gaps = series.flatMap((one) => {
    const gap = one.anomalies.size > 0 ? undefined : longGap(one);
    return gap === undefined ? [] : [{ ...gap, one }];
  });
  if (gaps.length === 0) return [];
  const longest = gaps.reduce((most, gap) => (gap.lengthMs > most.lengthMs ? gap : most));
  const span = `${durationText(longest.lengthMs)} from ${momentText(longest.fromMs, timeZone)} on`;
  return [
    `${counted(gaps.length, 'series without anomalies has a long gap', 'series without anomalies have long gaps')}, ${seriesName(longest.one)} the longest: ${span}.`,
  ];
}

function statusText(series: readonly SeriesSummary[]): string[] {
  const statuses = series.filter(({ kind }) => kind === 'status').length;
  return statuses === 0
    ? []
    : [
        `${counted(statuses, 'series is a status', 'series are statuses')}: judged by changes of state and by how long states last, not by size.`,
      ];
}
