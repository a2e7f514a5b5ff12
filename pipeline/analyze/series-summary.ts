/** One series and what became of it: what reports are made of. */
import type { AnomalyRecord } from '../../topics/anomaly.ts';
import { Envelope } from './envelope.ts';
import type { SampleKind, SeriesName } from './input/sample.ts';
import type { Judged } from './metric-analysis.ts';
import { UsualInterval } from './usual-interval.ts';

export class SeriesSummary {
  readonly entity: string;
  readonly instance: string;
  /** As the file calls it. */
  readonly metric: string;
  readonly kind: SampleKind;
  /** Of the anomalies: of a counter its growth a second. */
  readonly judgedMetric: string;
  readonly judgedUnit: string | null;
  readonly envelope: Envelope;
  /** Of a status of words: they, by the values that are drawn. */
  readonly stateNames: ReadonlyMap<number, string>;
  /** How often it has values. */
  readonly interval = new UsualInterval();
  /** Last revision of each, in the order of their opening. */
  readonly anomalies = new Map<string, AnomalyRecord>();
  /** Anomalies that were found and not kept: there were too many. */
  forgotten = 0;
  values = 0;
  fromMs = Number.NaN;
  toMs = Number.NaN;
  /** Values that were not newer than the one before. */
  late = 0;
  /** Of them, those that were older, and how often such began. */
  older = 0;
  falls = 0;
  #isFallen = false;
  /** Values that were held against an expectation worth the name. */
  judged = 0;
  /** In what is expected of it, 0-1: how much was seen. */
  confidence = 0;
  /** Of a counter: times that its growth could not be told: resets, gaps. */
  unknown = 0;

  constructor(
    { entity, instance, metric, kind, unit }: SeriesName,
    buckets: number,
    {
      judgedAs = { metric, unit },
      stateNames = new Map<number, string>(),
    }: {
      readonly judgedAs?: { readonly metric: string; readonly unit: string | null };
      readonly stateNames?: ReadonlyMap<number, string>;
    } = {},
  ) {
    this.entity = entity;
    this.instance = instance;
    this.metric = metric;
    this.kind = kind;
    this.judgedMetric = judgedAs.metric;
    this.judgedUnit = judgedAs.unit;
    this.stateNames = stateNames;
    this.envelope = new Envelope(buckets);
  }

  /** Counts a value. @returns false when it is not newer than the one before: nobody may look at it. */
  count(timeMs: number): boolean {
    if (timeMs <= this.toMs) {
      this.late += 1;
      if (timeMs < this.toMs) {
        this.older += 1;
        if (!this.#isFallen) this.falls += 1;
        this.#isFallen = true;
      }
      return false;
    }
    this.#isFallen = false;
    if (this.values === 0) this.fromMs = timeMs;
    else this.interval.add(this.toMs, timeMs - this.toMs);
    this.values += 1;
    this.toMs = timeMs;
    return true;
  }

  /** Draws what came of a value, and counts it if it was judged with at least this confidence. */
  draw(judged: Judged, minConfidence: number): void {
    if (Number.isNaN(judged.value)) {
      this.unknown += 1;
      return;
    }
    if (judged.confidence > this.confidence) this.confidence = judged.confidence;
    if (judged.confidence >= minConfidence && !Number.isNaN(judged.score)) this.judged += 1;
    this.envelope.add(judged);
  }
}
