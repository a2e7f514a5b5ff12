/** What commands have in common: the option of the program, and how arguments are read. */
import { InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../config/duration.ts';

export interface GlobalOptions {
  /** Path of the YAML file. */
  readonly config?: string;
}

export function integer(min: number, max: number) {
  return (text: string): number => {
    const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

export interface DurationRange {
  readonly min: string;
  readonly max?: string;
  /** In what is said of a wrong one. */
  readonly example: string;
}

/** Of an option: its value in milliseconds. */
export function duration({ min, max, example }: DurationRange) {
  const range = max === undefined ? `of at least ${min}` : `from ${min} to ${max}`;
  const [minMs, maxMs] = [parseDuration(min)!, max === undefined ? Infinity : parseDuration(max)!];
  return (text: string): number => {
    const ms = parseDuration(text);
    if (ms !== undefined && ms >= minMs && ms <= maxMs) return ms;
    throw new InvalidArgumentError(`Expected a duration ${range}, such as ${example}.`);
  };
}

export function durationOption(
  flags: string,
  description: string,
  fallback: string,
  range: Omit<DurationRange, 'example'>,
): Option {
  return new Option(flags, description)
    .default(parseDuration(fallback), fallback)
    .argParser(duration({ ...range, example: fallback }));
}

export function httpUrl(text: string): string {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return url.href.replace(/\/$/, '');
  throw new InvalidArgumentError('Expected an address such as http://127.0.0.1:9464.');
}
