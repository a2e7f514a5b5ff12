/**
 * One anomaly from its first record to its last, under one id:
 *
 *   opened (revision 1) -> updated (severity rose, or a worst sigma that matters) ... -> closed
 *                                  recovered | no_data | level_shift | maintenance | suppressed
 *
 * An open case is a plain object in the stage's rare state, keyed by its series.
 */
import type { AnomalyRecord, Severity } from '../../../topics/anomaly.ts';
import { anomalyId } from '../../model/entity.ts';
import type { Reading } from '../../model/reading.ts';
import type { DetectSettings } from './detect-settings.ts';
import { DETECTOR_VERSION } from './detector-version.ts';
import { isWorse } from './severity.ts';
import { readingIdentity } from '../reading-identity.ts';
import type { Stories } from './stories.ts';
import type { StageOutput } from '../stage.ts';

export type Detector = 'deviation' | 'flatline' | 'status' | 'transition';
export type CloseReason = 'recovered' | 'no_data' | 'level_shift' | RuleReason;
/** People said so: a maintenance window began, or a rule suppresses the series. It may go on all the same. */
export type RuleReason = 'maintenance' | 'suppressed';

/** What a detector says about one poll of one series. */
export interface Finding {
  readonly metric: string;
  readonly detector: Detector;
  readonly type: Exclude<AnomalyRecord['anomaly_type'], 'unknown'>;
  readonly severity: Severity;
  readonly value: number;
  readonly expected: number | null;
  readonly scale: number | null;
  readonly sigma: number | null;
  readonly score: number | null;
  readonly confidence: number | null;
  readonly description: string;
  /** What the severity follows from, in sigmas: |sigma| of a poll that is off, else how far the last polls are. */
  readonly strength: number;
}

export interface OpenCase {
  /** The worst so far: as last sent, or worse. */
  record: AnomalyRecord;
  sentAtMs: number;
  /** The largest strength so far, and as last sent. */
  strength: number;
  sentStrength: number;
  /** Last poll with a value that was judged. */
  seenAtMs: number;
  intervalMs: number;
}

/** What an anomaly begins with. */
export interface Beginning {
  readonly instance: string;
  readonly ifIndex: number;
  readonly finding: Finding;
  /** observed_at of the first anomalous poll, and of the worst. */
  readonly openedAtMs: number;
  readonly peakAtMs: number;
  /** Anomalous polls so far, the one in the reading included. */
  readonly polls: number;
}

export function openCase(
  reading: Reading,
  beginning: Beginning,
  stories: Stories,
  out: StageOutput,
): OpenCase {
  const { entity, observedAtMs, intervalMs } = reading;
  const { instance, ifIndex, finding, openedAtMs, peakAtMs, polls } = beginning;
  const id = anomalyId(entity, instance, finding.metric, finding.detector, openedAtMs);
  const record: AnomalyRecord = {
    anomaly_id: id,
    revision: 1,
    state: 'opened',
    ...readingIdentity(reading),
    interface_name: instance,
    interface_index: Number.isNaN(ifIndex) ? null : ifIndex,
    metric_name: finding.metric,
    detector: finding.detector,
    detector_version: DETECTOR_VERSION,
    ...measured(finding),
    polls,
    opened_at: openedAtMs,
    updated_at: observedAtMs,
    closed_at: null,
    close_reason: null,
    peak_at: peakAtMs,
    duration_seconds: (observedAtMs - openedAtMs) / 1000,
    correlation_group_id: stories.storyOf({ entity, anomalyId: id, atMs: observedAtMs, intervalMs }),
  };
  out.anomaly({ ...record });
  out.count('detect', `opened_${finding.severity}`);
  const { strength } = finding;
  return {
    record,
    sentAtMs: observedAtMs,
    strength,
    sentStrength: strength,
    seenAtMs: observedAtMs,
    intervalMs,
  };
}

/** Another anomalous poll. Sends a revision when the severity rose, or the strength grew and some time has passed. */
export function continueCase(
  open: OpenCase,
  finding: Finding,
  observedAtMs: number,
  settings: DetectSettings,
  out: StageOutput,
): void {
  const { record } = open;
  record.polls += 1;
  open.seenAtMs = observedAtMs;
  const severityRose = isWorse(finding.severity, record.severity as Severity);
  const severity = severityRose ? finding.severity : record.severity;
  if (finding.strength > open.strength) {
    open.strength = finding.strength;
    Object.assign(record, measured(finding));
    record.peak_at = observedAtMs;
  }
  record.severity = severity;
  record.duration_seconds = (observedAtMs - record.opened_at) / 1000;
  const grew = open.strength >= open.sentStrength * settings.updateGrowth;
  if (!severityRose && !(grew && observedAtMs - open.sentAtMs >= settings.updateEveryMs)) return;
  record.revision += 1;
  record.state = 'updated';
  record.updated_at = observedAtMs;
  open.sentAtMs = observedAtMs;
  open.sentStrength = open.strength;
  out.anomaly({ ...record });
  out.count('detect', 'updated');
}

/** It turns out to be something else, and goes on under its id. The severity never falls. */
export function turnCase(open: OpenCase, finding: Finding, observedAtMs: number, out: StageOutput): void {
  const { record } = open;
  const { severity } = record;
  Object.assign(record, measured(finding));
  if (!isWorse(finding.severity, severity as Severity)) record.severity = severity;
  record.peak_at = observedAtMs;
  record.duration_seconds = (observedAtMs - record.opened_at) / 1000;
  record.revision += 1;
  record.state = 'updated';
  record.updated_at = observedAtMs;
  open.strength = open.sentStrength = finding.strength;
  open.seenAtMs = open.sentAtMs = observedAtMs;
  out.anomaly({ ...record });
  out.count('detect', 'updated');
}

/** What an open anomaly says, as at its opening: what it takes to open it again. */
export function findingOf({ record, strength }: OpenCase): Finding {
  return {
    metric: record.metric_name,
    detector: record.detector as Detector,
    type: record.anomaly_type as Finding['type'],
    severity: record.severity as Severity,
    value: record.metric_value,
    expected: record.baseline_mean,
    scale: record.baseline_stddev,
    sigma: record.deviation_sigma,
    score: record.score,
    confidence: record.confidence,
    description: record.description,
    strength,
  };
}

/** `atMs`: when it ended. The last record carries the same worst poll as the one before. */
export function closeCase(open: OpenCase, reason: CloseReason, atMs: number, out: StageOutput): void {
  const { record } = open;
  record.revision += 1;
  record.state = 'closed';
  record.updated_at = open.seenAtMs;
  record.closed_at = atMs;
  record.duration_seconds = (atMs - record.opened_at) / 1000;
  record.close_reason = reason;
  out.anomaly({ ...record });
  out.count('detect', `closed_${reason}`);
}

/** Nobody has said anything about the series for so long that nobody knows whether it goes on. */
export function isSilent(open: OpenCase, nowMs: number, { silenceMs }: DetectSettings): boolean {
  return nowMs - open.seenAtMs > Math.max(silenceMs, Number.isNaN(open.intervalMs) ? 0 : 3 * open.intervalMs);
}

/** Key of a series in the rare state of one detector. */
export function caseKey(entity: string, instance: string, metric: string): string {
  return JSON.stringify([entity, instance, metric]);
}

function measured(finding: Finding) {
  const { expected, value } = finding;
  return {
    anomaly_type: finding.type,
    severity: finding.severity,
    metric_value: value,
    baseline_mean: expected,
    baseline_stddev: finding.scale,
    deviation_sigma: finding.sigma,
    deviation_pct:
      expected === null || expected === 0 || finding.detector === 'transition'
        ? null
        : (100 * (value - expected)) / Math.abs(expected),
    score: finding.score,
    confidence: finding.confidence,
    description: finding.description,
  };
}
