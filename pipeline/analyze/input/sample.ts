/** One value of one series, whatever file it stood in. */
export interface Sample {
  timeMs: number;
  /** Empty where the file has no entities or instances. */
  entity: string;
  instance: string;
  metric: string;
  value: number;
  kind: SampleKind | undefined;
  unit: string | null;
  /** Of the line, in bit/s: what a counter of octets can grow by. NaN where it is unknown. */
  speed: number;
}

export const SAMPLE_KINDS = ['gauge', 'counter', 'status'] as const;
export type SampleKind = (typeof SAMPLE_KINDS)[number];

/** What cannot be used of a file. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly reason: string;
}

/** Who reads the samples. The object is reused: nothing of it may be kept past the call. */
export interface SampleSink {
  sample(sample: Sample): void;
  problem(problem: Problem): void;
}

export function newSample(): Sample {
  return {
    timeMs: Number.NaN,
    entity: '',
    instance: '',
    metric: 'value',
    value: Number.NaN,
    kind: undefined,
    unit: null,
    speed: Number.NaN,
  };
}
