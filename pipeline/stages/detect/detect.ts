/**
 * `detect`: anomalies of a poll. For every baselined metric it adds the columns
 *   <metric>.sigma  (value - expected) / scale
 *   <metric>.score  closest residual over the series' own decaying record: above 1 it was never so far off
 * and sends anomalies: spikes and drops, flatlines, lost links. Only rows of quality `good` open or close one: an
 * open anomaly survives a gap, a reset, a restart.
 */
import type { Catalogue } from '../../../topics/catalogue.ts';
import { baselinedMetrics } from '../baseline/baselined-metrics.ts';
import { DETECT_DEFAULTS, type DetectSettings } from './detect-settings.ts';
import { DeviationDetector, deviationColumns } from './deviation-detector.ts';
import { FlatlineDetector, flatlineColumns } from './flatline-detector.ts';
import type { StageDefinition } from '../stage.ts';
import { STATUS_COLUMNS, StatusDetector } from './status-detector.ts';

export { DETECT_DEFAULTS, type DetectSettings };

const VERSION = 1;

export function detect(catalogue: Catalogue, settings: DetectSettings = DETECT_DEFAULTS): StageDefinition {
  const metrics = baselinedMetrics(catalogue);
  return {
    name: 'detect',
    version: VERSION,
    settings,
    columns: [
      ...STATUS_COLUMNS,
      ...metrics.flatMap(({ name }) => [...deviationColumns(name), ...flatlineColumns(name)]),
    ],
    init(context) {
      const status = new StatusDetector(context, settings);
      const settled = status.settled.bind(status);
      const series = metrics.map((metric) => ({
        deviation: new DeviationDetector(context, metric, settings, settled),
        flatline: new FlatlineDetector(context, metric, settings),
      }));
      return {
        process(reading, out) {
          status.process(reading, out);
          for (const { deviation, flatline } of series) {
            deviation.process(reading, out);
            flatline.process(reading, (row) => deviation.isOpen(reading, row), out);
          }
          return true;
        },
        punctuate(_tickMs, entityTimeMs, out) {
          status.punctuate(entityTimeMs, out);
          for (const { deviation, flatline } of series) {
            deviation.punctuate(entityTimeMs, out);
            flatline.punctuate(entityTimeMs, out);
          }
        },
      };
    },
  };
}
