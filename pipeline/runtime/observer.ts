/** What the runtime tells of itself; metrics listen. */
import type { ProducerRecord } from '../broker/port.ts';
import type { Quality } from '../../topics/interface.ts';
import type { TopicName } from '../../topics/catalogue.ts';

export interface ProcessObserver {
  folded(topic: TopicName): void;
  committed(durationMs: number, records: readonly ProducerRecord[]): void;
  deadLetter(reason: string): void;
  outcome(stage: string, outcome: string, by: number): void;
  /** A task was dropped and begins anew from its last transaction. */
  taskRestarted(): void;
  /** Records since the last checkpoint were folded again by code or thresholds that differ from those before. */
  refoldedByAnotherVersion(records: number): void;
  rows(quality: Quality, by: number): void;
}
