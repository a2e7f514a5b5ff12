/**
 * What follows when a series of one metric is off. A quiet series has no object here:
 *
 *            score > openScore             again within windowPolls, or score > loneScore
 *   quiet ----------------------> pending ------------------------------------------------> open
 *     ^                              |                                                       |
 *     |<--------- not again ---------+        quietPolls quiet, silence, level shift         |
 *     |<----------- cooldownMs over ----------- cooling <------------------------------------+
 *                                                  |  worse than before: open again, as a new anomaly
 *   a spike or drop turns into an oscillation when it goes on on both sides
 *   any -> quiet when the series was relearned at another level: an open anomaly is closed (level_shift)
 *   any -> quiet when a maintenance window begins or a rule suppresses the series: an open anomaly is closed
 */
import type { Reading } from '../../model/reading.ts';
import type { StateColumn } from '../../model/state.ts';
import { alarmSeverity, countPoll, newAlarm, type Alarm } from './alarm.ts';
import { deviationFinding, shiftFinding } from './deviation-finding.ts';
import {
  caseKey,
  closeCase,
  continueCase,
  isSilent,
  openCase,
  turnCase,
  type CloseReason,
  type Finding,
  type RuleReason,
} from './anomaly-lifecycle.ts';
import type { BaselinedMetric } from '../baseline/baselined-metrics.ts';
import type { DetectSettings } from './detect-settings.ts';
import type { SeriesRecord } from './series-record.ts';
import { isBeyondTwiceCrit } from './severity.ts';
import type { Cooling, Deviation, Hit, LevelShift, Open, Pending, Poll, Watch } from './deviation-phases.ts';
import { CONFIRMING_WARNS, countSide, isBothSided, isHit, stillOff } from './deviation-course.ts';
import { strengthOf, type Shape } from './deviation-shape.ts';
import type { ObjectState, StageContext, StageOutput } from '../stage.ts';
import type { Stories } from './stories.ts';
import type { Threshold } from './thresholds.ts';

/** 1 where the series has an object here. */
export const WATCHED = { name: 'watched', type: 'u8', scope: 'series', group: 'hot' } as const;

export class DeviationWatches {
  readonly #metric: BaselinedMetric;
  readonly #settings: DetectSettings;
  readonly #record: SeriesRecord;
  readonly #stories: Stories;
  readonly #watched: StateColumn<'u8'>;
  readonly #watches: ObjectState<Watch>;

  constructor(
    context: StageContext,
    metric: BaselinedMetric,
    settings: DetectSettings,
    record: SeriesRecord,
    stories: Stories,
  ) {
    this.#metric = metric;
    this.#settings = settings;
    this.#record = record;
    this.#stories = stories;
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

  /** @returns true while the record in scales must stand still: an anomaly is open, or would be. */
  watch(reading: Reading, now: Deviation, threshold: Threshold, out: StageOutput): boolean {
    if (threshold.suppressed) {
      this.end(reading.entity, now.instance, 'suppressed', reading.observedAtMs, out);
      return isHit(now);
    }
    const key = caseKey(reading.entity, now.instance, this.#metric.name);
    const poll = { key, reading, now, threshold, out };
    const watch = this.#watches.get(key);
    if (now.shift !== undefined) {
      this.#announce(poll, watch, now.shift);
      return false;
    }
    switch (watch?.phase) {
      case undefined:
        return isHit(now) && this.#suspect(poll, now);
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

  /**
   * The series was relearned: what is open has become usual, what was suspected as well. A shift that opened nothing is
   * told by an anomaly of its own, which ends at once.
   */
  #announce(poll: Poll, watch: Watch | undefined, shift: LevelShift): void {
    const { key, reading, now, out } = poll;
    const { instance, ifIndex, atMs } = now;
    const finding = shiftFinding(this.#metric, now, shift);
    if (watch?.phase === 'open') {
      watch.case.seenAtMs = atMs;
      watch.case.record.description += ` ${finding.description}`;
      this.#close(key, watch, 'level_shift', atMs, out);
      return;
    }
    if (watch !== undefined) this.#forget(key, watch);
    if (!now.mayOpen || Math.abs(shift.to - shift.from) < poll.threshold.minDeviation) return;
    const beginning = { instance, ifIndex, finding, openedAtMs: atMs, peakAtMs: atMs, polls: 1 };
    closeCase(openCase(reading, beginning, this.#stories, out), 'level_shift', atMs, out);
  }

  /** The first poll that is off. */
  #suspect(poll: Poll, now: Hit): boolean {
    const { key, reading, threshold } = poll;
    const pending: Pending = {
      phase: 'pending',
      entity: reading.entity,
      slot: now.slot,
      firstAtMs: reading.observedAtMs,
      worst: now,
      hits: 1,
      alarm: newAlarm(now),
      age: 0,
    };
    countPoll(pending.alarm, now, threshold, this.#settings);
    if (this.#opensAlone(now, threshold) || this.#settings.confirmingPolls <= 1) {
      this.#open(poll, pending, now);
      return true;
    }
    this.#watches.set(key, pending);
    this.#watched.set(pending.slot, 1);
    return false;
  }

  #confirm(poll: Poll, pending: Pending): boolean {
    const { key, now, threshold } = poll;
    const { confirmingPolls, windowPolls } = this.#settings;
    pending.age += 1;
    const { found } = pending.worst;
    // Of another side, or swinging now: another suspicion.
    if (isHit(now) && now.found.side !== found.side) return this.#suspect(poll, now);
    const hit = stillOff(now, found, threshold);
    if (hit !== undefined && hit.found.strength > CONFIRMING_WARNS * threshold.warnSigma) {
      pending.hits += 1;
      countPoll(pending.alarm, hit, threshold, this.#settings);
      if (pending.hits >= confirmingPolls || this.#opensAlone(hit, threshold)) {
        const worst = hit.found.strength >= found.strength ? hit : pending.worst;
        this.#open(poll, pending, worst);
        return true;
      }
    }
    if (pending.age >= windowPolls - 1) this.#forget(key, pending);
    else this.#watches.set(key, pending);
    return false;
  }

  /** One poll may be chance: not when it is far beyond the record, and in sigmas what is critical. */
  #opensAlone({ score, found }: Hit, { critSigma }: Threshold): boolean {
    return score > this.#settings.loneScore && isBeyondTwiceCrit(found.strength, critSigma);
  }

  #open(poll: Poll, pending: Pending, worst: Hit): void {
    const { key, reading, threshold, out } = poll;
    const { slot, entity, alarm, hits, firstAtMs } = pending;
    const finding = this.#finding(worst, alarm, threshold);
    const { instance, ifIndex } = worst;
    const beginning = {
      instance,
      ifIndex,
      finding,
      openedAtMs: firstAtMs,
      peakAtMs: worst.atMs,
      polls: hits,
    };
    this.#watched.set(slot, 1);
    this.#watches.set(key, {
      phase: 'open',
      entity,
      slot,
      case: openCase(reading, beginning, this.#stories, out),
      side: worst.found.side,
      alarm,
      worstOff: worst.off,
      quietPolls: 0,
      quietSinceMs: 0,
      above: 0,
      below: 0,
    });
  }

  #goOn(poll: Poll, open: Open): void {
    const { key, reading, now, threshold, out } = poll;
    const { observedAtMs } = reading;
    open.case.seenAtMs = observedAtMs;
    countSide(open, now, threshold);
    const shape = open.case.record.anomaly_type as Shape;
    if (shape !== 'oscillation' && (isBothSided(open) || now.found?.shape === 'oscillation')) {
      open.side = 0;
      open.quietPolls = 0;
      const strength = strengthOf('oscillation', now);
      const swinging = { ...now, found: { shape: 'oscillation', side: 0, strength } } as const;
      turnCase(open.case, this.#finding(swinging, open.alarm, threshold), observedAtMs, out);
      this.#watches.set(key, open);
      return;
    }
    const hit = stillOff(now, { side: open.side, shape }, threshold);
    if (hit === undefined) {
      if (open.quietPolls === 0) open.quietSinceMs = observedAtMs;
      open.quietPolls += 1;
      if (open.quietPolls >= this.#settings.quietPolls) {
        this.#close(key, open, 'recovered', open.quietSinceMs, out);
        return;
      }
    } else {
      open.quietPolls = 0;
      open.side = hit.found.side;
      countPoll(open.alarm, hit, threshold, this.#settings);
      if (Math.abs(hit.off) > Math.abs(open.worstOff)) open.worstOff = hit.off;
      const finding = this.#finding(hit, open.alarm, threshold);
      continueCase(open.case, finding, observedAtMs, this.#settings, out);
    }
    this.#watches.set(key, open);
  }

  /** What is still off teaches the record as little as while it was open. */
  #cool(poll: Poll, cooling: Cooling): boolean {
    const { key, reading, now, threshold, out } = poll;
    const over = reading.observedAtMs >= cooling.untilMs;
    if (over) this.#forget(key, cooling);
    if (isHit(now)) {
      if (over || now.found.strength > cooling.peakStrength) return this.#suspect(poll, now);
      out.count('detect', 'cooled_down');
    }
    return Math.abs(now.sigma) > threshold.critSigma;
  }

  #close(key: string, open: Open, reason: CloseReason, atMs: number, out: StageOutput): void {
    closeCase(open.case, reason, atMs, out);
    this.#record.learnAnomaly(open.slot, open.worstOff);
    this.#watches.set(key, {
      phase: 'cooling',
      entity: open.entity,
      slot: open.slot,
      untilMs: Math.max(open.case.seenAtMs, atMs) + this.#settings.cooldownMs,
      peakStrength: open.case.strength,
    });
  }

  #finding(hit: Hit, alarm: Alarm, threshold: Threshold): Finding {
    return deviationFinding(this.#metric, hit, alarmSeverity(alarm, hit, threshold, this.#settings));
  }

  #forget(key: string, { slot }: Watch): void {
    this.#watches.delete(key);
    this.#watched.set(slot, 0);
  }
}
