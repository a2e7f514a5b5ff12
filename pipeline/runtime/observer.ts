/** What the runtime tells of itself; metrics listen. */
import type { ProducerRecord } from '../broker/port.ts';
import type { Quality } from '../../topics/interface.ts';
import type { TopicName } from '../../topics/catalogue.ts';

export interface ProcessObserver {
  folded(topic: TopicName): void;
  committed(durationMs: number, records: readonly ProducerRecord[]): void;
  deadLetter(reason: string): void;
  outcome(stage: string, outcome: string, by: number): void;
  rows(quality: Quality, by: number): void;
}
