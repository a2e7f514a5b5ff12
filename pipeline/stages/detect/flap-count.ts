/**
 * Transitions of a series within the last while: a count in which each weighs less the older it is, and the most that
 * such a count was before. What a series does now raises that most only when it is over, and by a step if it was an anomaly:
 * a storm must not excuse itself, nor the next one.
 */
import type { ColumnDeclaration, StateColumn } from '../../model/state.ts';
import type { DetectSettings } from './detect-settings.ts';
import type { StageContext } from '../stage.ts';

const HOT = { scope: 'series', group: 'hot' } as const;
const COLUMNS = {
  /** As of the last transition. */
  count: { ...HOT, name: 'flap_count', type: 'f32' },
  /** The most that it was in the present burst, and in those before it; fades. */
  peak: { ...HOT, name: 'flap_peak', type: 'f32' },
  most: { ...HOT, name: 'flap_most', type: 'f32' },
  /** When the burst began (seconds since 1970), and its transitions as they are. */
  since: { ...HOT, name: 'flap_since', type: 'u32' },
  transitions: { ...HOT, name: 'flap_transitions', type: 'u16' },
} as const satisfies Record<string, ColumnDeclaration>;

/** A burst is over when the count has fallen to this share of its peak. */
const OVER = 0.5;

export function flapColumns(metric: string): ColumnDeclaration[] {
  return Object.values(COLUMNS).map((declaration) => ({ ...declaration, metric }));
}

export class FlapCount {
  readonly #settings: DetectSettings;
  readonly #count: StateColumn<'f32'>;
  readonly #peak: StateColumn<'f32'>;
  readonly #most: StateColumn<'f32'>;
  readonly #since: StateColumn<'u32'>;
  readonly #transitions: StateColumn<'u16'>;

  constructor(context: StageContext, metric: string, settings: DetectSettings) {
    this.#settings = settings;
    this.#count = context.column({ ...COLUMNS.count, metric });
    this.#peak = context.column({ ...COLUMNS.peak, metric });
    this.#most = context.column({ ...COLUMNS.most, metric });
    this.#since = context.column({ ...COLUMNS.since, metric });
    this.#transitions = context.column({ ...COLUMNS.transitions, metric });
  }

  /** Another transition, `dwellS` seconds after the one before. `isKnown`: enough was learned for bursts to be anomalies. */
  add(slot: number, atS: number, dwellS: number, isKnown: boolean): void {
    const before = this.now(slot, dwellS);
    if (before <= OVER * this.#peak.get(slot)) this.#endBurst(slot, atS, isKnown);
    const count = before + 1;
    this.#count.set(slot, count);
    this.#transitions.set(slot, Math.min(this.#transitions.get(slot) + 1, 65_535));
    this.#most.set(slot, this.#most.get(slot) * Math.exp(-this.#settings.recordDecayPerS * dwellS));
    if (count > this.#peak.get(slot)) this.#peak.set(slot, count);
    // What a series does while nobody knows it is usual for it, and so is what it has done for long without being too much.
    const lastsMs = 1_000 * (atS - this.#since.get(slot));
    const isUsual = !isKnown || (lastsMs >= this.#settings.newStateMs && count <= this.limit(slot));
    if (isUsual && count > this.#most.get(slot)) this.#most.set(slot, count);
  }

  /** The count `dwellS` seconds after the last transition. */
  now(slot: number, dwellS: number): number {
    return this.#count.get(slot) * Math.exp((-1_000 * dwellS) / this.#settings.flapMs);
  }

  /** Above it, the series flaps. */
  limit(slot: number): number {
    const { flapTransitions, flapTimesMost } = this.#settings;
    return Math.max(flapTransitions, flapTimesMost * this.#most.get(slot));
  }

  isFlapping(slot: number): boolean {
    return this.#count.get(slot) > this.limit(slot);
  }

  /** Whether the last burst was too much. What was learned in it says nothing of what is usual. */
  wasFlapping(slot: number): boolean {
    return this.#peak.get(slot) > this.limit(slot);
  }

  sinceMs(slot: number): number {
    return 1_000 * this.#since.get(slot);
  }

  /** Of the present burst. */
  transitions(slot: number): number {
    return this.#transitions.get(slot);
  }

  /** From now on this is usual. */
  accept(slot: number): void {
    this.#most.set(slot, Math.max(this.#most.get(slot), this.#peak.get(slot)));
  }

  #endBurst(slot: number, atS: number, isKnown: boolean): void {
    const { flapTransitions, flapTimesMost, recordGrowthByAnomaly } = this.#settings;
    const peak = this.#peak.get(slot);
    const most = this.#most.get(slot);
    const wasFlapping = isKnown && this.wasFlapping(slot);
    const floored = Math.max(most, flapTransitions / flapTimesMost);
    const learned = wasFlapping ? Math.min(peak, floored * recordGrowthByAnomaly) : peak;
    if (learned > most) this.#most.set(slot, learned);
    this.#peak.set(slot, 0);
    this.#since.set(slot, atS);
    this.#transitions.set(slot, 0);
  }
}
