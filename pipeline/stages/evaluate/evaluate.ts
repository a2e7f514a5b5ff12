/**
 * `evaluate`: what people say of anomalies, held against what the detectors said. It sends
 *   ml.evaluation  counts of an entity, detector and version, whole, with each anomaly that opens and each verdict
 *   ml.feature     a label for each verdict: which anomaly, in which windows
 * Verdicts come to every task; the one that opened the anomaly counts it. A verdict that is there before its anomaly
 * (the topic is folded again from its beginning) waits for it. Counts are kept entity by entity, so they do not depend
 * on how entities are spread over partitions; whoever wants the whole sums.
 */
import type { AnomalyRecord } from '../../../topics/anomaly.ts';
import type { TopicName } from '../../../topics/catalogue.ts';
import { verdictOfKey, verdictRule, type RuleRecord, type VerdictRule } from '../../../topics/rules.ts';
import type {
  DetectorCounts,
  ObjectState,
  Stage,
  StageContext,
  StageDefinition,
  StageOutput,
} from '../stage.ts';
import { labelOf, labelOfForgotten, sayingOf, WITHDRAWN } from './label-record.ts';
import { PrecisionCounts } from './precision-counts.ts';
import { RecentAnomalies, type RecentAnomaly } from './recent-anomalies.ts';

const VERSION = 1;

/** Verdicts that wait for their anomaly: those of other tasks' anomalies do for ever, the oldest are forgotten. */
export const MAX_WAITING = 10_000;

/** What is kept of one: about 150 bytes. */
type Waiting = Pick<VerdictRule, 'domain' | 'verdict' | 'created_by' | 'created_at'>;

export function evaluate(): StageDefinition {
  return {
    name: 'evaluate',
    version: VERSION,
    settings: {},
    columns: [],
    init: (context) => new Evaluate(context),
  };
}

class Evaluate implements Stage {
  readonly #recent: RecentAnomalies;
  readonly #counts: PrecisionCounts;
  /** By anomaly. */
  readonly #waiting: ObjectState<Waiting>;

  constructor(context: StageContext) {
    this.#recent = new RecentAnomalies(context);
    this.#counts = new PrecisionCounts(context);
    this.#waiting = context.objects('waiting');
  }

  process(): boolean {
    return true;
  }

  anomaly(record: AnomalyRecord, out: StageOutput): void {
    const anomaly = this.#recent.keep(record);
    if (anomaly === undefined || record.state !== 'opened') return;
    out.evaluation(this.#counts.opened(anomaly, record.updated_at));
    const rule = this.#waiting.get(record.anomaly_id);
    if (rule === undefined) return;
    this.#waiting.delete(record.anomaly_id);
    if (rule.domain === anomaly.domain) this.#judge(anomaly, rule, out);
  }

  update(topic: TopicName, key: string, record: unknown, out: StageOutput): void {
    const of = topic === 'control.rule' ? verdictOfKey(key) : undefined;
    if (of === undefined) return;
    const rule = record === null ? undefined : verdictRule(key, record as RuleRecord);
    const anomaly = this.#recent.get(of.anomalyId);
    if (anomaly?.domain === of.domain) this.#judge(anomaly, rule, out);
    else if (rule === undefined) this.#waiting.delete(of.anomalyId);
    else if (anomaly === undefined && this.#recent.knows(rule.entity)) this.#label(rule, out);
    else this.#wait(rule);
  }

  detectorCounts(): Iterable<DetectorCounts> {
    return this.#counts.all();
  }

  /** `rule` undefined: nothing any more. */
  #judge(anomaly: RecentAnomaly, rule: Waiting | undefined, out: StageOutput): void {
    const before = anomaly.verdict;
    const now = rule?.verdict ?? null;
    if (before === now) return;
    this.#recent.judge(anomaly, now);
    const atMs = rule?.created_at ?? anomaly.updated_at;
    out.evaluation(this.#counts.judged(anomaly, before, now, atMs));
    out.features(labelOf(anomaly, rule === undefined ? WITHDRAWN : sayingOf(rule)));
    out.count('evaluate', now ?? 'withdrawn');
  }

  /** Too long ago to be counted: nobody knows what was said of it before. */
  #label(rule: VerdictRule, out: StageOutput): void {
    out.features(labelOfForgotten(rule));
    out.count('evaluate', 'forgotten');
  }

  #wait({ anomaly_id: id, domain, verdict, created_by, created_at }: VerdictRule): void {
    this.#waiting.delete(id);
    this.#waiting.set(id, { domain, verdict, created_by, created_at });
    if (this.#waiting.size <= MAX_WAITING) return;
    for (const [oldest] of this.#waiting.entries()) {
      this.#waiting.delete(oldest);
      return;
    }
  }
}
