/**
 * What follows when a series of one metric is off. A quiet series has no object here:
 *
 *            score > openScore             again within windowPolls, or score > loneScore
 *   quiet ----------------------> pending ------------------------------------------------> open
 *     ^                              |                                                       |
 *     |<--------- not again ---------+        quietPolls quiet, silence, level shift         |
 *     |<----------- cooldownMs over ----------- cooling <------------------------------------+
 *                                                  |  worse than before: open again, as a new anomaly
 *   any -> quiet when a maintenance window begins or a rule suppresses the series: an open anomaly is closed
 */
import type { Reading } from '../../model/reading.ts';
import type { StateColumn } from '../../model/state.ts';
import { describeDeviation } from './anomaly-description.ts';
import {
  caseKey,
  closeCase,
  continueCase,
  isSilent,
  openCase,
  type CloseReason,
  type Finding,
  type RuleReason,
} from './anomaly-lifecycle.ts';
import type { BaselinedMetric } from '../baseline/baselined-metrics.ts';
import type { DetectSettings } from './detect-settings.ts';
import type { SeriesRecord } from './series-record.ts';
import { severityOf } from './severity.ts';
import type { Cooling, Deviation, Open, Pending, Poll, Watch } from './deviation-phases.ts';
import type { ObjectState, StageContext, StageOutput } from '../stage.ts';
import { isBeyond, type Threshold } from './thresholds.ts';

/** 1 where the series has an object here. */
export const WATCHED = { name: 'watched', type: 'u8', scope: 'series', group: 'hot' } as const;

export class DeviationWatches {
  readonly #metric: BaselinedMetric;
  readonly #settings: DetectSettings;
  readonly #record: SeriesRecord;
  readonly #watched: StateColumn<'u8'>;
  readonly #watches: ObjectState<Watch>;

  constructor(
    context: StageContext,
    metric: BaselinedMetric,
    settings: DetectSettings,
    record: SeriesRecord,
  ) {
    this.#metric = metric;
    this.#settings = settings;
    this.#record = record;
    this.#watched = context.column({ ...WATCHED, metric: metric.name });
    this.#watches = context.objects(`deviations.${metric.name}`);
  }

  has(slot: number): boolean {
    return this.#watched.get(slot) === 1;
  }

  isOpen(entity: string, instance: string, slot: number): boolean {
    return (
      this.has(slot) && this.#watches.get(caseKey(entity, instance, this.#metric.name))?.phase === 'open'
    );
  }

  /** @returns true while the record must stand still: an anomaly is open. */
  watch(reading: Reading, now: Deviation, threshold: Threshold, out: StageOutput): boolean {
    if (threshold.suppressed) {
      this.end(reading.entity, now.instance, 'suppressed', reading.observedAtMs, out);
      return false;
    }
    const key = caseKey(reading.entity, now.instance, this.#metric.name);
    const poll = { key, reading, now, threshold, out };
    const watch = this.#watches.get(key);
    switch (watch?.phase) {
      case undefined:
        return now.exceeds && this.#suspect(poll);
      case 'pending':
        return this.#confirm(poll, watch);
      case 'open':
        this.#goOn(poll, watch);
        return true;
      case 'cooling':
        return this.#cool(poll, watch);
    }
  }

  punctuate(entityTimeMs: (entity: string) => number, out: StageOutput): void {
    const { silenceMs } = this.#settings;
    for (const [key, watch] of this.#watches.entries()) {
      const nowMs = entityTimeMs(watch.entity);
      switch (watch.phase) {
        case 'pending':
          if (nowMs - watch.firstAtMs > silenceMs) this.#forget(key, watch);
          break;
        case 'open':
          if (isSilent(watch.case, nowMs, this.#settings)) this.#close(key, watch, 'no_data', nowMs, out);
          break;
        case 'cooling':
          if (nowMs >= watch.untilMs) this.#forget(key, watch);
          break;
      }
    }
  }

  /** Forgets the series without learning from it, and without a cooldown: nobody knows whether it goes on. */
  end(entity: string, instance: string, reason: RuleReason, atMs: number, out: StageOutput): void {
    const key = caseKey(entity, instance, this.#metric.name);
    const watch = this.#watches.get(key);
    if (watch === undefined) return;
    if (watch.phase === 'open') closeCase(watch.case, reason, atMs, out);
    this.#forget(key, watch);
  }

  /** The first poll that is off. */
  #suspect(poll: Poll): boolean {
    const { key, reading, now, threshold } = poll;
    const pending: Pending = {
      phase: 'pending',
      entity: reading.entity,
      slot: now.slot,
      firstAtMs: reading.observedAtMs,
      worst: now,
      hits: 1,
      critPolls: isCrit(now, threshold) ? 1 : 0,
      age: 0,
    };
    if (now.score > this.#settings.loneScore || this.#settings.confirmingPolls <= 1) {
      this.#open(poll, pending, now);
      return true;
    }
    this.#watches.set(key, pending);
    this.#watched.set(pending.slot, 1);
    return false;
  }

  #confirm(poll: Poll, pending: Pending): boolean {
    const { key, now, threshold } = poll;
    const { confirmingPolls, windowPolls, loneScore } = this.#settings;
    pending.age += 1;
    if (now.exceeds) {
      if (now.off * pending.worst.off < 0) return this.#suspect(poll);
      pending.hits += 1;
      if (isCrit(now, threshold)) pending.critPolls += 1;
      if (pending.hits >= confirmingPolls || now.score > loneScore) {
        const worst = Math.abs(now.off) >= Math.abs(pending.worst.off) ? now : pending.worst;
        this.#open(poll, pending, worst);
        return true;
      }
    }
    if (pending.age >= windowPolls - 1) this.#forget(key, pending);
    else this.#watches.set(key, pending);
    return false;
  }

  #open(poll: Poll, pending: Pending, worst: Deviation): void {
    const { key, reading, threshold, out } = poll;
    const { slot, entity, critPolls, hits, firstAtMs } = pending;
    const finding = this.#finding(worst, critPolls, threshold);
    this.#watched.set(slot, 1);
    this.#watches.set(key, {
      phase: 'open',
      entity,
      slot,
      case: openCase(reading, worst.instance, worst.ifIndex, finding, firstAtMs, hits, out),
      side: Math.sign(worst.off),
      critPolls,
      worstOff: worst.off,
      quietPolls: 0,
      quietSinceMs: 0,
    });
  }

  #goOn(poll: Poll, open: Open): void {
    const { key, reading, now, threshold, out } = poll;
    const { observedAtMs } = reading;
    open.case.seenAtMs = observedAtMs;
    if (now.shifted) {
      this.#close(key, open, 'level_shift', observedAtMs, out);
      return;
    }
    const sameSide = now.sigma * open.side > 0;
    if (now.score > 1 && sameSide && isBeyond(threshold, now.sigma, now.value - now.expected)) {
      open.quietPolls = 0;
      if (isCrit(now, threshold)) open.critPolls += 1;
      if (Math.abs(now.off) > Math.abs(open.worstOff)) open.worstOff = now.off;
      const finding = this.#finding(now, open.critPolls, threshold);
      continueCase(open.case, finding, observedAtMs, this.#settings, out);
    } else {
      if (open.quietPolls === 0) open.quietSinceMs = observedAtMs;
      open.quietPolls += 1;
      if (open.quietPolls >= this.#settings.quietPolls) {
        this.#close(key, open, 'recovered', open.quietSinceMs, out);
        return;
      }
    }
    this.#watches.set(key, open);
  }

  #cool(poll: Poll, cooling: Cooling): boolean {
    const { key, reading, now, out } = poll;
    const over = reading.observedAtMs >= cooling.untilMs;
    if (over) this.#forget(key, cooling);
    if (!now.exceeds) return false;
    if (over || Math.abs(now.sigma) > Math.abs(cooling.peakSigma)) {
      return this.#suspect(poll);
    }
    out.count('detect', 'cooled_down');
    return false;
  }

  #close(key: string, open: Open, reason: CloseReason, atMs: number, out: StageOutput): void {
    closeCase(open.case, reason, atMs, out);
    this.#record.learnAnomaly(open.slot, open.worstOff);
    this.#watches.set(key, {
      phase: 'cooling',
      entity: open.entity,
      slot: open.slot,
      untilMs: Math.max(open.case.seenAtMs, atMs) + this.#settings.cooldownMs,
      peakSigma: open.case.record.deviation_sigma ?? 0,
    });
  }

  #forget(key: string, { slot }: Watch): void {
    this.#watches.delete(key);
    this.#watched.set(slot, 0);
  }

  #finding(worst: Deviation, critPolls: number, threshold: Threshold): Finding {
    const { name, unit } = this.#metric;
    const { value, expected, scale, sigma, score, confidence } = worst;
    return {
      metric: name,
      detector: 'deviation',
      type: worst.off > 0 ? 'spike' : 'drop',
      severity: severityOf(sigma, critPolls, threshold),
      value,
      expected,
      scale,
      sigma,
      score,
      confidence,
      description: describeDeviation(name, unit, worst.instance, value, expected, sigma),
    };
  }
}

function isCrit({ sigma }: Deviation, { critSigma }: Threshold): boolean {
  return Math.abs(sigma) > critSigma;
}
