/**
 * The peer's arithmetic once more (Model.java), line by line, on objects and bigints: what the lean stages are held to
 * where there is no peer to compare with.
 */
import { hourOfWeek, PEER_QUALITIES } from './peer-topics.ts';
import type { RawPoll, RawRow } from './polls.ts';

type Quality = (typeof PEER_QUALITIES)[number];

export interface ReferenceScore {
  readonly value: number;
  readonly expected: number;
  readonly scale: number;
  readonly sigma: number;
  readonly isAnomaly: boolean;
}

export interface ReferenceRow {
  readonly quality: Quality;
  readonly scores: readonly (ReferenceScore | null)[];
}

interface Series {
  mean: number;
  variance: number;
  last: bigint;
}

interface Cell {
  samples: number;
  readonly mean: number[];
  readonly m2: number[];
}

interface Row {
  name: string;
  observedAtMs: number;
  uptime: number;
  boots: number;
  samples: number;
  readonly series: Series[];
  readonly cells: Map<number, Cell>;
}

const TWO_32 = 1n << 32n;
const zeros = () => Array.from({ length: 8 }, () => 0);

export class ReferenceJob {
  readonly #rows = new Map<string, Row>();

  fold(poll: RawPoll): ReferenceRow[] {
    return poll.rows.map((raw) => {
      const row = this.#row(`${poll.entity} ${raw.if_index}`);
      const { quality, rates } = ratesOf(poll, raw, row);
      if (quality !== 'ok') return { quality, scores: rates.map(() => null) };
      row.samples += 1;
      const cell = cellOf(row, hourOfWeek(poll.observedAtMs));
      cell.samples += 1;
      return { quality, scores: rates.map((rate, metric) => score(rate, row, cell, metric)) };
    });
  }

  #row(key: string): Row {
    let row = this.#rows.get(key);
    if (row === undefined) {
      const series = zeros().map(() => ({ mean: 0, variance: 0, last: 0n }));
      row = { name: '', observedAtMs: 0, uptime: 0, boots: 0, samples: 0, series, cells: new Map() };
      this.#rows.set(key, row);
    }
    return row;
  }
}

function ratesOf(poll: RawPoll, raw: RawRow, row: Row): { quality: Quality; rates: number[] } {
  const elapsedMs = poll.observedAtMs - row.observedAtMs;
  const rates = zeros();
  let quality: Quality = 'ok';
  if (row.observedAtMs === 0) quality = 'first';
  else if (elapsedMs <= 0) return { quality: 'stale', rates };
  else if (row.name !== raw.if_name) quality = 'reindexed';
  else if (poll.boots !== row.boots || poll.uptime < row.uptime) quality = 'reset';
  const perSecond = 1000 / elapsedMs;
  for (const [metric, now] of raw.counters.entries()) {
    const series = row.series[metric]!;
    let growth = BigInt.asIntN(64, now - series.last);
    series.last = now;
    if (quality !== 'ok') continue;
    if (growth < 0n) {
      if (metric >= 4 && growth + TWO_32 < TWO_32 / 2n) growth += TWO_32;
      else {
        quality = 'reset';
        continue;
      }
    }
    rates[metric] = Number(growth) * perSecond;
    const speed = raw.high_speed * 1e6;
    if (metric < 2 && speed > 0 && rates[metric] * 8 > 1.2 * speed) quality = 'implausible';
  }
  row.name = raw.if_name;
  row.observedAtMs = poll.observedAtMs;
  row.uptime = poll.uptime;
  row.boots = poll.boots;
  return { quality, rates };
}

function cellOf({ cells }: Row, hour: number): Cell {
  const cell = cells.get(hour) ?? { samples: 0, mean: zeros(), m2: zeros() };
  cells.set(hour, cell);
  return cell;
}

function score(rate: number, { samples, series }: Row, cell: Cell, metric: number): ReferenceScore {
  const state = series[metric]!;
  const cellMean = cell.mean[metric]!;
  const m2 = cell.m2[metric]!;
  const isSeasonal = cell.samples > 3;
  const expected = isSeasonal ? cellMean : samples === 1 ? rate : state.mean;
  const spread = Math.sqrt(isSeasonal ? Math.max(state.variance, m2 / (cell.samples - 2)) : state.variance);
  const scale = Math.max(spread, Math.max(1e-3 * Math.abs(expected), 1 / 60));
  const sigma = (rate - expected) / scale;
  if (samples === 1) Object.assign(state, { mean: rate, variance: 0 });
  else {
    const difference = rate - state.mean;
    state.mean += 0.05 * difference;
    state.variance = (1 - 0.05) * (state.variance + 0.05 * difference * difference);
  }
  const difference = rate - cellMean;
  cell.mean[metric] = cellMean + difference / cell.samples;
  cell.m2[metric] = m2 + difference * (rate - cell.mean[metric]);
  return { value: rate, expected, scale, sigma, isAnomaly: samples > 15 && Math.abs(sigma) > 6 };
}
