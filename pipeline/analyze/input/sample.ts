/** What readers of files and the analysis have in common: series by name, and values in the order of their rows. */
import { ConfigError } from '../../model/errors.ts';

export const SAMPLE_KINDS = ['gauge', 'counter', 'status'] as const;
export type SampleKind = (typeof SAMPLE_KINDS)[number];

/** A kind as a file spells it. */
export function kindOf(text: string): SampleKind | undefined {
  const word = text.trim().toLowerCase();
  return SAMPLE_KINDS.find((kind) => kind === word);
}

export interface SeriesName {
  readonly entity: string;
  /** Empty where the file has none. */
  readonly instance: string;
  readonly metric: string;
  readonly kind: SampleKind;
  readonly unit: string | null;
  /** The metric's values are no whole numbers. */
  readonly hasDecimals: boolean;
}

/** Takes the values of one series. */
export interface SeriesIntake {
  readonly kind: SampleKind;
  /** Of the line, in bit/s: what a counter of octets can grow by. NaN where it is unknown. */
  speedBps: number;
  /**
   * `value`: NaN for a word, which a status may be. `cell`: as it stands in the file.
   * @returns what is wrong with the value, where a number is not all that it has to be.
   */
  take(timeMs: number, value: number, cell: string): string | undefined;
}

/** What cannot be used of a file. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly reason: string;
}

/** More than was allowed: no file is read any further. */
export class LimitReached extends ConfigError {}

/** Who reads the samples. */
export interface SampleSink {
  /** The series of this name: the same for the same names. @throws LimitReached when there are too many. */
  series(name: SeriesName): SeriesIntake;
  problem(problem: Problem): void;
}
