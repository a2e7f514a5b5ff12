/** What the page draws: the series that are worth it, as columns of numbers, and their anomalies. */
import type { AnomalyRecord } from '../../../../topics/anomaly.ts';
import type { Bucket } from '../../envelope.ts';
import { compareBadness } from '../../found-anomalies.ts';
import type { SeriesSummary } from '../../series-summary.ts';
import { seriesName } from '../plain-text.ts';
import { compareSeries } from '../summary-table.ts';

/** Null where there is nothing: the line has a gap. */
type Column = (number | null)[];

export interface PlotSeries {
  readonly name: string;
  readonly unit: string | null;
  readonly values: number;
  /** Of a status of words: what its values stand for. */
  readonly states: readonly (readonly [value: number, word: string])[];
  /** Seconds since 1970, as the library counts. */
  readonly time: number[];
  readonly mean: Column;
  readonly least: Column;
  readonly largest: Column;
  readonly expected: Column;
  /** Expected, less and plus BAND_SCALES scales. */
  readonly low: Column;
  readonly high: Column;
  readonly anomalies: readonly PlotAnomaly[];
}

type PlotColumns = Omit<PlotSeries, 'name' | 'unit' | 'values' | 'states' | 'anomalies'>;

export interface PlotAnomaly {
  readonly severity: string;
  readonly type: string;
  readonly from: number;
  readonly to: number;
  readonly open: boolean;
  readonly text: string;
}

export interface PlotData {
  readonly timeZone: string;
  readonly series: readonly PlotSeries[];
  /** What there was no room for. */
  readonly left: { readonly series: number; readonly withAnomalies: number; readonly anomalies: number };
}

/** A page of more is slow to open: a bucket takes about 50 bytes. */
const SERIES = 200;
const BUCKETS = 120_000;
const ANOMALIES_A_SERIES = 200;
const BAND_SCALES = 3;
/** Of two buckets whose distance is this many times the usual, nothing is between. */
const GAP = 1.5;
const DIGITS = 7;

export function plotData(all: readonly SeriesSummary[], timeZone: string): PlotData {
  const ordered = all.toSorted(compareSeries);
  const left = ordered.slice(SERIES);
  const chosen = ordered.slice(0, SERIES);
  const most = Math.floor(BUCKETS / chosen.length);
  const series = chosen.map((one) => plotSeries(one, most));
  const shown = series.reduce((sum, { anomalies }) => sum + anomalies.length, 0);
  const found = all.reduce((sum, { anomalies, forgotten }) => sum + anomalies.size + forgotten, 0);
  return {
    timeZone,
    series,
    left: {
      series: left.length,
      withAnomalies: left.filter(({ anomalies }) => anomalies.size > 0).length,
      anomalies: found - shown,
    },
  };
}

/** `most`: buckets of it. */
function plotSeries(series: SeriesSummary, most: number): PlotSeries {
  const columns: PlotColumns = {
    time: [],
    mean: [],
    least: [],
    largest: [],
    expected: [],
    low: [],
    high: [],
  };
  const buckets = coarser(series.envelope.buckets(), most);
  const usualMs = usualDistance(buckets);
  const limits = series.judgedUnit === '%' ? shareLimits(buckets) : undefined;
  for (const [at, bucket] of buckets.entries()) {
    const sinceMs = at === 0 ? 0 : bucket.fromMs - buckets[at - 1]!.fromMs;
    if (sinceMs > GAP * usualMs) push(columns, bucket.fromMs - sinceMs / 2, undefined);
    push(columns, bucket.fromMs, bucket, limits);
  }
  return {
    name: seriesName(series),
    unit: series.judgedUnit,
    values: series.values,
    states: [...series.stateNames],
    ...columns,
    anomalies: [...series.anomalies.values()]
      .sort(compareBadness)
      .slice(0, ANOMALIES_A_SERIES)
      .map((record) => plotAnomaly(record, series)),
  };
}

type Limits = Pick<Bucket, 'least' | 'largest'>;

/** As many neighbours as it takes become one. */
function coarser(buckets: readonly Bucket[], most: number): readonly Bucket[] {
  const group = Math.ceil(buckets.length / most);
  if (group <= 1) return buckets;
  return Array.from({ length: Math.ceil(buckets.length / group) }, (_, at) =>
    buckets.slice(at * group, (at + 1) * group).reduce(together),
  );
}

function together(a: Bucket, b: Bucket): Bucket {
  const count = a.count + b.count;
  const mean = (of: 'mean' | 'expected' | 'scale'): number => {
    if (Number.isNaN(a[of]) || Number.isNaN(b[of])) return Number.isNaN(a[of]) ? b[of] : a[of];
    return a[of] + ((b[of] - a[of]) * b.count) / count;
  };
  return {
    fromMs: a.fromMs,
    count,
    least: Math.min(a.least, b.least),
    largest: Math.max(a.largest, b.largest),
    mean: mean('mean'),
    expected: mean('expected'),
    scale: mean('scale'),
  };
}

function push(
  { time, mean, least, largest, expected, low, high }: PlotColumns,
  atMs: number,
  bucket: Bucket | undefined,
  { least: floor, largest: ceiling }: Limits = { least: -Infinity, largest: Infinity },
): void {
  time.push(Math.round(atMs) / 1000);
  mean.push(drawn(bucket?.mean));
  least.push(drawn(bucket?.least));
  largest.push(drawn(bucket?.largest));
  expected.push(drawn(bucket?.expected));
  low.push(drawn(bucket && Math.max(floor, bucket.expected - BAND_SCALES * bucket.scale)));
  high.push(drawn(bucket && Math.min(ceiling, bucket.expected + BAND_SCALES * bucket.scale)));
}

/** No share is below 0% or above 100%, unless it was: of four cores some count 400%. */
function shareLimits(buckets: readonly Bucket[]): Limits {
  return buckets.reduce<Limits>(
    (limits, { least, largest }) => ({
      least: Math.min(limits.least, least),
      largest: Math.max(limits.largest, largest),
    }),
    { least: 0, largest: 100 },
  );
}

function drawn(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : Number(value.toPrecision(DIGITS));
}

/** The median of the distances between buckets. */
function usualDistance(buckets: readonly Bucket[]): number {
  const distances = buckets.slice(1).map(({ fromMs }, at) => fromMs - buckets[at]!.fromMs);
  distances.sort((a, b) => a - b);
  return distances[distances.length >> 1] ?? 0;
}

function plotAnomaly(record: AnomalyRecord, { toMs }: SeriesSummary): PlotAnomaly {
  const { severity, anomaly_type: type, opened_at: from, closed_at: closed, description: text } = record;
  return { severity, type, from: from / 1000, to: (closed ?? toMs) / 1000, open: closed === null, text };
}
