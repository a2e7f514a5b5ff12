/**
 * The picture of the pipeline as code: which topics a sub-topology reads, which stages it fuses, what it sends.
 *
 *   entity   raw.interface, inventory.device, control.site, control.rule, control.tick
 *              -> enrich -> suspend -> rate -> baseline -> detect -> evaluate -> features -> summarize
 *              -> metric.interface, insight.deviation, insight.anomaly, insight.baseline, ml.evaluation, ml.feature;
 *                 to domain: summaries, ticks
 *   domain   netsigma.repartition.domain
 *              -> aggregate-baseline
 *              -> insight.baseline
 */
import { aggregateBaseline } from './stages/aggregate-baseline/aggregate-baseline.ts';
import type { BaselineSettings } from './stages/baseline/baseline-settings.ts';
import { baselinedMetrics, judgedStatuses, statusMetrics } from './stages/baseline/baselined-metrics.ts';
import { baseline } from './stages/baseline/baseline.ts';
import type { DetectSettings } from './stages/detect/detect-settings.ts';
import { detect } from './stages/detect/detect.ts';
import { enrich } from './stages/enrich.ts';
import { evaluate } from './stages/evaluate/evaluate.ts';
import type { FeatureSettings } from './stages/features/feature-settings.ts';
import { features } from './stages/features/features.ts';
import type { RateSettings } from './stages/rate/rate-settings.ts';
import { rate } from './stages/rate/rate.ts';
import { totalledMetrics } from './stages/totalled-metrics.ts';
import type { RecordStageDefinition } from './stages/record-stage.ts';
import type { StageDefinition } from './stages/stage.ts';
import { summarize } from './stages/summarize/summarize.ts';
import { suspend } from './stages/suspend.ts';
import type { Catalogue } from '../topics/catalogue.ts';

export interface StageSettings {
  readonly rate: RateSettings;
  readonly baseline: BaselineSettings;
  readonly detect: DetectSettings;
  readonly features: FeatureSettings;
}

/** A sub-topology that folds readings: what the runtime makes tasks of. */
export interface ReadingTopology {
  /** Its consumer group is `<app>-<name>`. */
  readonly name: string;
  /** Readings as collectors publish them. */
  readonly raw: 'raw.interface';
  /** The same readings with the stages' metrics. */
  readonly metric: 'metric.interface';
  /** Records that stages are told of (`Stage.update`). */
  readonly control: readonly ('inventory.device' | 'control.site' | 'control.rule')[];
  /** Supplies append time in silence. */
  readonly tick: 'control.tick';
  /** What stages send besides their columns, and what becomes of the columns of judged metrics. */
  readonly insight: {
    readonly anomaly: 'insight.anomaly';
    readonly baseline: 'insight.baseline';
    readonly deviation: 'insight.deviation';
    readonly features: 'ml.feature';
    readonly evaluation: 'ml.evaluation';
  };
  /** Where the sub-topology `domain` is told what is notable. */
  readonly domain: 'netsigma.repartition.domain';
  /** Fused, in this order. */
  readonly stages: readonly StageDefinition[];
}

/** A sub-topology that folds the records which the tasks of another one send it. */
export interface RecordTopology {
  readonly name: string;
  readonly input: 'netsigma.repartition.domain';
  readonly insight: { readonly baseline: 'insight.baseline' };
  /** In this order. */
  readonly stages: readonly RecordStageDefinition[];
}

/** The sub-topology keyed by entity. @throws ConfigError when the catalogue derives a metric from what it lacks. */
export function entityTopology(catalogue: Catalogue, settings: StageSettings): ReadingTopology {
  const metrics = baselinedMetrics(catalogue);
  const names = metrics.map(({ name }) => name);
  const { enabled, graceMs, spreadMs } = settings.features;
  return {
    name: 'entity',
    raw: 'raw.interface',
    metric: 'metric.interface',
    control: ['inventory.device', 'control.site', 'control.rule'],
    tick: 'control.tick',
    insight: {
      anomaly: 'insight.anomaly',
      baseline: 'insight.baseline',
      deviation: 'insight.deviation',
      features: 'ml.feature',
      evaluation: 'ml.evaluation',
    },
    domain: 'netsigma.repartition.domain',
    stages: [
      enrich(),
      suspend({ settleMs: settings.detect.settleMs }),
      rate(catalogue, settings.rate),
      baseline(metrics, settings.baseline, statusMetrics(catalogue)),
      detect(metrics, settings.detect, judgedStatuses(catalogue)),
      evaluate(),
      ...(enabled ? [features(names, { graceMs, spreadMs, warnSigma: settings.detect.warnSigma })] : []),
      summarize(totalledMetrics(catalogue)),
    ],
  };
}

/** The sub-topology keyed by domain. */
export function domainTopology(
  catalogue: Catalogue,
  settings: Pick<StageSettings, 'baseline'>,
): RecordTopology {
  return {
    name: 'domain',
    input: 'netsigma.repartition.domain',
    insight: { baseline: 'insight.baseline' },
    stages: [aggregateBaseline(totalledMetrics(catalogue), settings.baseline)],
  };
}
