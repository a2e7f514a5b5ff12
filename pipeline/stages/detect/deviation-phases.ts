/** What is kept of a series that is off, or was a moment ago: see deviation-watch.ts. */
import type { Reading } from '../../model/reading.ts';
import type { StageOutput } from '../stage.ts';
import type { OpenCase } from './anomaly-lifecycle.ts';
import type { Alarm } from './alarm.ts';
import type { ShapeFound } from './deviation-shape.ts';
import type { Threshold } from './thresholds.ts';

export interface LevelShift {
  readonly from: number;
  readonly to: number;
}

/** One judged poll of a series. */
export interface Deviation {
  readonly atMs: number;
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
  /** See Novelty: in scales, and in the metric's unit. */
  readonly drift: number;
  readonly swing: number;
  /** Why it may open an anomaly now; undefined when it may not. */
  readonly found: ShapeFound | undefined;
  /** Residual in scales over the series' record of that side, and what of it is not unusual for the series. */
  readonly scaledScore: number;
  readonly usualOvershoot: number;
  /** The records of drift and swing before this poll. */
  readonly driftRecord: number;
  readonly swingRecord: number;
  /** The series was relearned at this poll, at another level. */
  readonly shift: LevelShift | undefined;
  /** Whether an anomaly could open now if something were found. */
  readonly mayOpen: boolean;
}

/** A poll that is off. */
export type Hit = Deviation & { readonly found: ShapeFound };

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
  readonly worst: Hit;
  hits: number;
  readonly alarm: Alarm;
  /** Polls since the first. */
  age: number;
}

export interface Open {
  readonly phase: 'open';
  readonly entity: string;
  readonly slot: number;
  readonly case: OpenCase;
  /** Of the shape that it opened with. */
  side: number;
  readonly alarm: Alarm;
  worstOff: number;
  quietPolls: number;
  quietSinceMs: number;
  /** Polls beyond warn on each side. */
  above: number;
  below: number;
}

export interface Cooling {
  readonly phase: 'cooling';
  readonly entity: string;
  readonly slot: number;
  readonly untilMs: number;
  readonly peakStrength: number;
}

export type Watch = Pending | Open | Cooling;
