/** One sentence for people about an anomaly. */
import { durationText } from '../../model/duration-text.ts';
import type { Shape } from './deviation-shape.ts';

const PREFIXES = [
  { from: 1e18, prefix: 'E' },
  { from: 1e15, prefix: 'P' },
  { from: 1e12, prefix: 'T' },
  { from: 1e9, prefix: 'G' },
  { from: 1e6, prefix: 'M' },
  { from: 1e3, prefix: 'k' },
] as const;

const USUAL_DIGITS = 3;
/** As many as a 32-bit float of a baseline has. */
const MOST_DIGITS = 7;

/** Three significant digits (or `precision`) in the unit as people write it (from UCUM): `3.12 Gbit/s`, `0.4 error/s`, `1200 ppm`. */
export function spoken(value: number, unit: string | null, precision = USUAL_DIGITS): string {
  if (unit === null) return digits(value, precision);
  if (unit === '%') return `${digits(value, precision)}%`;
  if (unit === '[ppm]') return `${digits(value, precision)} ppm`;
  const { from, prefix } = PREFIXES.find((candidate) => Math.abs(value) >= candidate.from) ?? {
    from: 1,
    prefix: '',
  };
  return `${digits(value / from, precision)} ${prefix}${unit.replace(/[{}]/g, '')}`;
}

/** Every digit, and the unit without a prefix: what is exactly so. */
function exact(value: number, unit: string | null): string {
  if (unit === null) return String(value);
  if (unit === '%') return `${value}%`;
  return `${value} ${unit === '[ppm]' ? 'ppm' : unit.replace(/[{}]/g, '')}`;
}

/** More zeros than these are not counted by eye. */
const WRITTEN_OUT = 1e9;

/** 97.3, 120000, and 3.12e18. */
function digits(value: number, precision: number): string {
  const rounded = Number(value.toPrecision(precision));
  if (Math.abs(rounded) < WRITTEN_OUT) return String(rounded);
  return rounded.toExponential().replace('e+', 'e');
}

export interface DescribedDeviation {
  readonly metric: string;
  readonly unit: string | null;
  readonly instance: string;
  readonly shape: Shape;
  readonly value: number;
  readonly expected: number;
  readonly sigma: number;
  /** Means of the last residuals, signed, and of their sizes, in the metric's unit. */
  readonly drift: number;
  readonly swing: number;
}

export function describeDeviation(of: DescribedDeviation): string {
  const { unit, expected, drift, swing, sigma } = of;
  const series = seriesText(of);
  const [now, was] = apart(of.value, expected, unit);
  const usual = `the ${was} expected at this hour`;
  switch (of.shape) {
    case 'spike':
    case 'drop':
      return `${series} is ${now}, ${Math.abs(sigma).toFixed(1)} sigma ${side(sigma)} ${usual}.`;
    case 'trend':
      return (
        `${series} has moved away: over the last polls it was on average ${spoken(Math.abs(drift), unit)} ${side(drift)} ` +
        `what was expected; it is ${now} now, with ${was} expected at this hour.`
      );
    case 'oscillation':
      return `${series} swings by ${spoken(swing, unit)} around ${usual}: ${now} now.`;
  }
}

/** Two numbers that differ, in digits enough to show it. */
function apart(a: number, b: number, unit: string | null): readonly [string, string] {
  let precision = USUAL_DIGITS;
  while (precision < MOST_DIGITS && spoken(a, unit, precision) === spoken(b, unit, precision)) precision += 1;
  return a === b
    ? [spoken(a, unit), spoken(b, unit)]
    : [spoken(a, unit, precision), spoken(b, unit, precision)];
}

/** A level that became usual. */
export function describeShift(
  of: Pick<DescribedDeviation, 'metric' | 'unit' | 'instance'>,
  from: number,
  to: number,
): string {
  return `${seriesText(of)} has a new level: ${spoken(to, of.unit)}, which was ${spoken(from, of.unit)}.`;
}

function seriesText({ metric, instance }: Pick<DescribedDeviation, 'metric' | 'instance'>): string {
  return instance === '' ? metric : `${metric} of ${instance}`;
}

function side(signed: number): string {
  return signed > 0 ? 'above' : 'below';
}

export interface DescribedFlatline extends Pick<
  DescribedDeviation,
  'metric' | 'unit' | 'instance' | 'value'
> {
  readonly seconds: number;
  /** Of the runs before. */
  readonly longestSeconds: number;
}

export function describeFlatline(of: DescribedFlatline): string {
  const { value, unit, seconds, longestSeconds } = of;
  return (
    `${seriesText(of)} has been exactly ${exact(value, unit)} for ${span(seconds)}; ` +
    `it never stood still for longer than ${span(longestSeconds)} before.`
  );
}

export function describeDown(instance: string, state: string): string {
  return `oper_status of ${instance} went from up to ${state} while admin_status is up.`;
}

/** `bits`: how unlikely it was within an hour. */
export function describeTransition(of: DescribedState, from: string, seconds: number, bits: number): string {
  return (
    `${seriesText(of)} went from ${from} to ${of.state} after ${span(seconds)}; by what it did before, ` +
    `that was to be expected once in ${span(3_600 * 2 ** bits)}.`
  );
}

export interface DescribedState {
  readonly metric: string;
  readonly instance: string;
  /** In words. */
  readonly state: string;
}

export function describeStay(of: DescribedState, seconds: number, usualSeconds: number): string {
  return `${seriesText(of)} has been ${of.state} for ${span(seconds)}; it usually stays so for ${span(usualSeconds)}.`;
}

export function describeFlapping(of: DescribedState, transitions: number, seconds: number): string {
  return `${seriesText(of)} keeps changing: ${transitions} times in ${span(seconds)}, ${of.state} now.`;
}

function span(seconds: number): string {
  return durationText(seconds * 1000);
}
