/**
 * The thresholds of a series: the configured ones, or those of the most specific threshold rule that fits it. One
 * rule decides alone; what it leaves out is as configured. Asked only where a series is off or an anomaly is open.
 */
import type { Reading } from '../../model/reading.ts';
import type { TopicName } from '../../../topics/catalogue.ts';
import type { RuleRecord } from '../../../topics/rules.ts';
import { RuleIndex } from '../rules/rule-index.ts';
import type { StageContext } from '../stage.ts';
import type { DetectSettings } from './detect-settings.ts';

export interface Threshold extends Pick<DetectSettings, 'warnSigma' | 'critSigma' | 'criticalPolls'> {
  /** Least |value - expected|, in the metric's unit. */
  readonly minDeviation: number;
  /** Nothing opens, and what is open is closed. */
  readonly suppressed: boolean;
}

interface ThresholdRule {
  readonly record: RuleRecord;
  readonly threshold: Threshold;
}

export class Thresholds {
  readonly #configured: Threshold;
  readonly #rules: RuleIndex<ThresholdRule>;

  constructor(context: StageContext, settings: DetectSettings) {
    const { warnSigma, critSigma, criticalPolls } = settings;
    this.#configured = { warnSigma, critSigma, criticalPolls, minDeviation: 0, suppressed: false };
    this.#rules = new RuleIndex(context, 'threshold', (record) => ({
      record,
      threshold: thresholdOf(record, this.#configured),
    }));
  }

  update(topic: TopicName, key: string, record: unknown): void {
    this.#rules.update(topic, key, record);
  }

  of(reading: Reading, instance: string, metric: string): Threshold {
    for (const { record, threshold } of this.#rules.of(reading)) {
      if (record.interface_name !== null && record.interface_name !== instance) continue;
      if (record.metric_name === null || record.metric_name === metric) return threshold;
    }
    return this.#configured;
  }

  suppresses(reading: Reading, row: number, metric: string): boolean {
    return this.of(reading, reading.instances[row]!, metric).suppressed;
  }
}

/** A rule that gives one of the sigmas moves the other one no further than it has to. */
function thresholdOf(record: RuleRecord, { warnSigma, critSigma, criticalPolls }: Threshold): Threshold {
  const { warn_sigma: warn, crit_sigma: crit } = record;
  return {
    warnSigma: warn ?? Math.min(warnSigma, crit ?? Infinity),
    critSigma: crit ?? Math.max(critSigma, warn ?? 0),
    criticalPolls,
    minDeviation: record.min_deviation ?? 0,
    suppressed: record.suppressed ?? false,
  };
}
