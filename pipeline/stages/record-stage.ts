/**
 * The contract of the stages that fold records instead of readings: as pure as those of `stage.ts`. Their state is by
 * key (a site, a role): a key has one slot, which is that of an entity and of its only row.
 */
import type { DomainInput } from '../../topics/domain.ts';
import type { BaselineRecord } from '../../topics/insight.ts';
import type { StageIdentity, StateContext } from './stage.ts';

export interface RecordStageOutput {
  baseline(record: BaselineRecord): void;
  /** Counts an outcome that is neither a record nor an error. */
  count(stage: string, outcome: string, by?: number): void;
}

export interface RecordStageContext extends StateContext {
  /** The key's slot; the first call for a key makes room. */
  slotOf(key: string): number;
  /** Said before arrays of hot columns are written directly: see state-marks.ts. */
  willWrite(slot: number): void;
}

export interface RecordStageDefinition extends StageIdentity {
  init(context: RecordStageContext): RecordStage;
}

export interface RecordStage {
  process(input: StageInput, out: RecordStageOutput): void;
  /** A boundary of 5 seconds was crossed by the time of all who send, the least of theirs. */
  punctuate(tickMs: number, out: RecordStageOutput): void;
}

/** Ticks are the runtime's. */
export type StageInput = Exclude<DomainInput, { readonly kind: 'tick' }>;
