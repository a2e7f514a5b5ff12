/**
 * The picture of the pipeline as code: which topics a sub-topology reads and which stages it fuses.
 *
 *   raw.interface, inventory.device, control.site, control.tick
 *     -> enrich -> rate -> baseline -> detect
 *     -> metric.interface, insight.deviation, insight.anomaly, insight.baseline
 */
import type { Codec } from './codec/port.ts';
import { ReadingProcessor } from './runtime/reading-processor.ts';
import type { SubTopology } from './runtime/sub-topology.ts';
import { baseline, type BaselineSettings } from './stages/baseline/baseline.ts';
import { detect, type DetectSettings } from './stages/detect/detect.ts';
import { enrich } from './stages/enrich.ts';
import { rate, type RateSettings } from './stages/rate/rate.ts';
import type { StageDefinition } from './stages/stage.ts';
import type { Catalogue } from '../topics/catalogue.ts';

export interface StageSettings {
  readonly rate: RateSettings;
  readonly baseline: BaselineSettings;
  readonly detect: DetectSettings;
}

/** The fused stages of the entity sub-topology, in order. */
export function entityStages(catalogue: Catalogue, settings: StageSettings): StageDefinition[] {
  return [
    enrich(),
    rate(catalogue, settings.rate),
    baseline(catalogue, settings.baseline),
    detect(catalogue, settings.detect),
  ];
}

export function entityTopology(codec: Codec, catalogue: Catalogue, settings: StageSettings): SubTopology {
  const stages = entityStages(catalogue, settings);
  return {
    name: 'entity',
    inputs: ['raw.interface', 'inventory.device', 'control.site', 'control.tick'],
    newProcessor: () => new ReadingProcessor({ codec, catalogue, stages }),
  };
}
