/** What goes wrong with a series, as a function of the polls since it began. Adding a shape is adding its row. */
import type { AnomalyRecord } from '../../../../topics/anomaly.ts';

type AnomalyType = AnomalyRecord['anomaly_type'];

export interface Shape {
  readonly name: string;
  /** For how long it lasts. */
  readonly polls: number;
  /** What it may be called. */
  readonly types: readonly AnomalyType[];
  /** Whether its size is given in sigmas; one that has no size is injected as it is. */
  readonly sized: boolean;
  /** The rate at poll `k`, where `base` is what would have been. `size`: signed, sigmas as a rate. */
  rate(k: number, base: number, size: number): number;
  /** Every counter of the direction grows as it did in the poll before, to the last digit. */
  readonly freezes?: true;
  /** +1 or -1 where it has one side; both otherwise. */
  readonly side?: number;
}

const HOURS_6 = 72;
const OSCILLATION_POLLS = 6;

export const SHAPES: readonly Shape[] = [
  { name: 'spike, 1 poll', polls: 1, types: ['spike'], sized: true, side: 1, rate: plus },
  { name: 'spike, 3 polls', polls: 3, types: ['spike'], sized: true, side: 1, rate: plus },
  { name: 'drop, 3 polls', polls: 3, types: ['drop'], sized: true, side: -1, rate: plus },
  { name: 'level shift', polls: HOURS_6, types: ['spike', 'drop', 'trend'], sized: true, rate: plus },
  {
    name: 'ramp over 72 polls',
    polls: HOURS_6 + 24,
    types: ['trend'],
    sized: true,
    rate: (k, base, size) => base + size * Math.min(1, (k + 1) / HOURS_6),
  },
  {
    name: 'oscillation',
    polls: 48,
    types: ['oscillation'],
    sized: true,
    rate: (k, base, size) => base + size * Math.sin((2 * Math.PI * (k + 1)) / OSCILLATION_POLLS),
  },
  { name: 'drop to zero', polls: 12, types: ['drop'], sized: false, rate: () => 0 },
  {
    name: 'flatline',
    polls: HOURS_6,
    types: ['flatline'],
    sized: false,
    freezes: true,
    rate: (_k, base) => base,
  },
  { name: 'nothing', polls: HOURS_6, types: [], sized: false, rate: (_k, base) => base },
];

/** Sigmas. */
export const MAGNITUDES = [3, 4, 5, 6, 8, 10, 15] as const;

/** Polls after the end of a shape in which it may still be found: confirming takes some. */
export const GRACE_POLLS = 10;

function plus(_k: number, base: number, size: number): number {
  return base + size;
}
