/** What is worth reporting of a score: only what beats all of the last polls, so that one event is not told at each of its polls. */
import { SEGMENT_BITS, SEGMENT_MASK, type ColumnDeclaration, type StateColumn } from '../../model/state.ts';
import type { StageContext } from '../stage.ts';

/** The window is two blocks of so many polls: the present one and the one before, so 30 to 60 polls. */
const BLOCK_POLLS = 30;

const HOT = { scope: 'series', group: 'hot' } as const;
const PEAK = { ...HOT, name: 'peak_score', type: 'f32' } as const;
const PEAK_BEFORE = { ...HOT, name: 'peak_score_before', type: 'f32' } as const;
const POLLS = { ...HOT, name: 'peak_polls', type: 'u8' } as const;

export function notableColumns(metric: string): ColumnDeclaration[] {
  return [PEAK, PEAK_BEFORE, POLLS].map((declaration) => ({ ...declaration, metric }));
}

export class Notable {
  score = 0;
  readonly #peak: StateColumn<'f32'>;
  readonly #before: StateColumn<'f32'>;
  readonly #polls: StateColumn<'u8'>;

  constructor(context: StageContext, metric: string) {
    this.#peak = context.column({ ...PEAK, metric });
    this.#before = context.column({ ...PEAK_BEFORE, metric });
    this.#polls = context.column({ ...POLLS, metric });
  }

  /** Takes `score` in. @returns whether it is above all of the last 30 to 60 polls. */
  isAbove(slot: number): boolean {
    const segment = slot >>> SEGMENT_BITS;
    const within = slot & SEGMENT_MASK;
    const peak = this.#peak.segments[segment]!;
    const before = this.#before.segments[segment]!;
    const polls = this.#polls.segments[segment]!;
    const { score } = this;
    const above = score > peak[within]! && score > before[within]!;
    if (score > peak[within]!) peak[within] = score;
    const count = polls[within]! + 1;
    if (count < BLOCK_POLLS) polls[within] = count;
    else {
      before[within] = peak[within]!;
      peak[within] = 0;
      polls[within] = 0;
    }
    return above;
  }
}
