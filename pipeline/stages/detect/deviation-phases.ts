/** What is kept of a series that is off, or was a moment ago: see deviation-watch.ts. */
import type { Reading } from '../../model/reading.ts';
import type { StageOutput } from '../stage.ts';
import type { OpenCase } from './anomaly-lifecycle.ts';
import type { Threshold } from './thresholds.ts';

/** One judged poll of a series. */
export interface Deviation {
  readonly instance: string;
  readonly slot: number;
  readonly ifIndex: number;
  readonly value: number;
  readonly expected: number;
  readonly scale: number;
  readonly sigma: number;
  /** The closest residual in scales, signed. */
  readonly off: number;
  readonly score: number;
  readonly confidence: number;
  /** Far enough off to open an anomaly. */
  readonly exceeds: boolean;
  /** The series was relearned at this poll. */
  readonly shifted: boolean;
}

/** What the phases look at. */
export interface Poll {
  /** Of the series. */
  readonly key: string;
  readonly reading: Reading;
  readonly now: Deviation;
  readonly threshold: Threshold;
  readonly out: StageOutput;
}

export interface Pending {
  readonly phase: 'pending';
  readonly entity: string;
  readonly slot: number;
  readonly firstAtMs: number;
  readonly worst: Deviation;
  hits: number;
  critPolls: number;
  /** Polls since the first. */
  age: number;
}

export interface Open {
  readonly phase: 'open';
  readonly entity: string;
  readonly slot: number;
  readonly case: OpenCase;
  /** +1 spike, -1 drop. */
  readonly side: number;
  critPolls: number;
  worstOff: number;
  quietPolls: number;
  quietSinceMs: number;
}

export interface Cooling {
  readonly phase: 'cooling';
  readonly entity: string;
  readonly slot: number;
  readonly untilMs: number;
  readonly peakSigma: number;
}

export type Watch = Pending | Open | Cooling;
