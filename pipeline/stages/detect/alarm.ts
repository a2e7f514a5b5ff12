/**
 * What makes an anomaly more than info: it goes beyond all that the series did before it began, in scales, by a margin,
 * and not in one poll alone. Either its polls do, or the mean or the size of the last residuals does: a deviation that
 * lasts need not be large.
 */
import type { DetectSettings } from './detect-settings.ts';
import type { Deviation, Hit } from './deviation-phases.ts';
import { severityOf } from './severity.ts';
import type { Severity } from '../../../topics/anomaly.ts';
import type { Threshold } from './thresholds.ts';

export interface Alarm {
  /** The records before the anomaly: what it does itself must not excuse it. */
  readonly driftRecord: number;
  readonly swingRecord: number;
  /** Polls beyond crit, and polls beyond the records. */
  critPolls: number;
  newPolls: number;
  /** A poll so far beyond that it needs no second one. */
  extreme: boolean;
}

/** Of what a drop can lose. */
const NEARLY_ALL = 0.8;
const LEAST_MARGIN = 1.2;

type Settings = Pick<DetectSettings, 'alarmScore' | 'extremeScore' | 'alarmConfidence' | 'confirmingPolls'>;

export function newAlarm({ driftRecord, swingRecord }: Deviation): Alarm {
  return { driftRecord, swingRecord, critPolls: 0, newPolls: 0, extreme: false };
}

/** Takes another poll of the anomaly in. */
export function countPoll(
  alarm: Alarm,
  hit: Hit,
  { critSigma }: Threshold,
  { alarmScore, extremeScore }: Settings,
): void {
  const { found, scaledScore, usualOvershoot, drift, swing } = hit;
  if (found.strength > critSigma) alarm.critPolls += 1;
  const margin = Math.min(Math.max(alarmScore, usualOvershoot), farthest(hit));
  const isNew =
    scaledScore > margin ||
    Math.abs(drift) > margin * alarm.driftRecord ||
    swing > margin * alarm.swingRecord;
  if (isNew) alarm.newPolls += 1;
  if (scaledScore > extremeScore * margin * margin) alarm.extreme = true;
}

/**
 * What a drop has to go beyond the record at most: traffic that is nearly gone cannot go further, however rough it is.
 * It is new all the same only if the series was never so low by a fifth.
 */
function farthest({ found, scaledScore, off, value, expected, scale }: Hit): number {
  if (found.side >= 0 || value < 0 || off >= 0) return Infinity;
  const possible = (scaledScore * expected) / scale / -off;
  return Math.max(LEAST_MARGIN, NEARLY_ALL * possible);
}

/** Of the anomaly at a poll of this strength. */
export function alarmSeverity(
  { critPolls, newPolls, extreme }: Alarm,
  { found, confidence }: Hit,
  threshold: Threshold,
  { alarmConfidence, confirmingPolls }: Settings,
): Severity {
  const isAlarm = (extreme || newPolls >= confirmingPolls) && confidence >= alarmConfidence;
  return isAlarm ? severityOf(found.strength, critPolls, threshold) : 'info';
}
