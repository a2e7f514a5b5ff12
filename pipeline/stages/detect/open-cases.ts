/**
 * The open anomalies of a detector that has at most one for each series of a metric: objects in the stage's rare
 * state, and a flag in a hot column that says which series have one, so that a quiet series costs no look-up.
 */
import type { Reading } from '../../model/reading.ts';
import type { StateColumn } from '../../model/state.ts';
import {
  caseKey,
  closeCase,
  isSilent,
  openCase,
  turnCase,
  type CloseReason,
  type Finding,
  type OpenCase,
  type RuleReason,
} from './anomaly-lifecycle.ts';
import type { DetectSettings } from './detect-settings.ts';
import type { ObjectState, StageContext, StageOutput } from '../stage.ts';
import type { Stories } from './stories.ts';

interface SlottedCase {
  readonly slot: number;
  readonly open: OpenCase;
}

export class OpenCases {
  readonly #metric: string;
  readonly #flag: StateColumn<'u8'>;
  readonly #cases: ObjectState<SlottedCase>;
  readonly #settings: DetectSettings;
  readonly #stories: Stories;

  /** `name`: of the rare state. `flag`: the detector's own column, 1 where the slot has an open case. */
  constructor(
    context: StageContext,
    name: string,
    metric: string,
    flag: StateColumn<'u8'>,
    settings: DetectSettings,
    stories: Stories,
  ) {
    this.#metric = metric;
    this.#flag = flag;
    this.#cases = context.objects(name);
    this.#settings = settings;
    this.#stories = stories;
  }

  has(slot: number): boolean {
    return this.#flag.get(slot) === 1;
  }

  /** `polls`: those that led to it, the one in the reading included; `openedAtMs`: the first of them. */
  open(
    reading: Reading,
    row: number,
    ifIndex: number,
    finding: Finding,
    polls: number,
    out: StageOutput,
    openedAtMs = reading.observedAtMs,
  ): void {
    const slot = reading.slots[row]!;
    const instance = reading.instances[row]!;
    const { observedAtMs } = reading;
    const beginning = { instance, ifIndex, finding, openedAtMs, peakAtMs: observedAtMs, polls };
    const open = openCase(reading, beginning, this.#stories, out);
    this.#flag.set(slot, 1);
    this.#cases.set(this.keyOf(reading, row), { slot, open });
  }

  get(reading: Reading, row: number): OpenCase | undefined {
    return this.#cases.get(this.keyOf(reading, row))?.open;
  }

  /** It turns out to be something else. */
  turn(reading: Reading, row: number, finding: Finding, out: StageOutput): void {
    const key = this.keyOf(reading, row);
    const found = this.#cases.get(key);
    if (found === undefined) return;
    turnCase(found.open, finding, reading.observedAtMs, out);
    this.#cases.set(key, found);
  }

  /** A poll that says nothing for or against it. */
  see(reading: Reading, row: number): void {
    const key = this.keyOf(reading, row);
    const found = this.#cases.get(key);
    if (found === undefined) return;
    found.open.seenAtMs = reading.observedAtMs;
    this.#cases.set(key, found);
  }

  /** Another poll that says the same. `description`: of it all, where it is another one now. */
  goOn(reading: Reading, row: number, description?: string): void {
    const key = this.keyOf(reading, row);
    const found = this.#cases.get(key);
    if (found === undefined) return;
    found.open.seenAtMs = reading.observedAtMs;
    found.open.record.polls += 1;
    if (description !== undefined) found.open.record.description = description;
    this.#cases.set(key, found);
  }

  /** The poll says that it is over: `reason` says why, `atMs` since when. */
  recover(
    reading: Reading,
    row: number,
    out: StageOutput,
    reason: 'recovered' | 'level_shift' = 'recovered',
    atMs = reading.observedAtMs,
  ): void {
    const key = this.keyOf(reading, row);
    const found = this.#cases.get(key);
    // A flag without its case would keep the series from ever opening another.
    this.#flag.set(reading.slots[row]!, 0);
    if (found === undefined) return;
    found.open.seenAtMs = reading.observedAtMs;
    this.#close(key, found, reason, Math.max(atMs, found.open.record.opened_at), out);
  }

  /** People said so. @returns the case as it ended, or undefined when none was open. */
  end(reading: Reading, row: number, reason: RuleReason, out: StageOutput): OpenCase | undefined {
    const key = this.keyOf(reading, row);
    const found = this.#cases.get(key);
    if (found === undefined) return undefined;
    this.#close(key, found, reason, reading.observedAtMs, out);
    return found.open;
  }

  /** Ends what nobody has said anything about for too long. `ended` is told of each. */
  punctuate(
    entityTimeMs: (entity: string) => number,
    out: StageOutput,
    ended?: (slot: number, key: string, open: OpenCase) => void,
  ): void {
    if (this.#cases.size === 0) return;
    for (const [key, found] of this.#cases.entries()) {
      const nowMs = entityTimeMs(found.open.record.entity);
      if (!isSilent(found.open, nowMs, this.#settings)) continue;
      this.#close(key, found, 'no_data', nowMs, out);
      ended?.(found.slot, key, found.open);
    }
  }

  #close(
    key: string,
    { slot, open }: SlottedCase,
    reason: CloseReason,
    atMs: number,
    out: StageOutput,
  ): void {
    closeCase(open, reason, atMs, out);
    this.#cases.delete(key);
    this.#flag.set(slot, 0);
  }

  /** Of the row's series in rare state. */
  keyOf(reading: Reading, row: number): string {
    return caseKey(reading.entity, reading.instances[row]!, this.#metric);
  }
}
