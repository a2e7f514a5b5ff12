/**
 * `detect`: anomalies of a poll. For every baselined metric it adds the columns
 *   <metric>.sigma    (value - expected) / scale
 *   <metric>.score    how new the poll is: features over the series' own records, above 1 it was never like this
 * and sends anomalies: spikes, drops, trends, oscillations, flatlines, lost links, unlikely states. Only rows of quality `good` open or close one: an
 * open anomaly survives a gap, a reset, a restart. It does not survive the beginning of a maintenance window, nor a
 * rule that suppresses it; what is still wrong afterwards opens as a new anomaly.
 */
import type { BaselinedMetric, JudgedStatus } from '../baseline/baselined-metrics.ts';
import { hasMaintenance, maintenanceColumn } from '../rules/maintenance-column.ts';
import { DETECT_DEFAULTS, type DetectSettings } from './detect-settings.ts';
import { DeviationDetector, deviationColumns } from './deviation-detector.ts';
import { FlatlineDetector, flatlineColumns } from './flatline-detector.ts';
import type { StageDefinition } from '../stage.ts';
import { STATUS_COLUMNS, StatusDetector } from './status-detector.ts';
import { Stories } from './stories.ts';
import { Thresholds } from './thresholds.ts';
import { transitionColumns, TransitionDetector } from './transition-detector.ts';

export { DETECT_DEFAULTS, type DetectSettings };

const VERSION = 5;

export function detect(
  metrics: readonly BaselinedMetric[],
  settings: DetectSettings = DETECT_DEFAULTS,
  statuses: readonly JudgedStatus[] = [],
): StageDefinition {
  return {
    name: 'detect',
    version: VERSION,
    settings,
    columns: [
      ...STATUS_COLUMNS,
      ...metrics.flatMap(({ name }) => [...deviationColumns(name), ...flatlineColumns(name)]),
      ...statuses.flatMap(({ name }) => transitionColumns(name)),
    ],
    init(context) {
      const thresholds = new Thresholds(context, settings);
      const maintenance = maintenanceColumn(context.reading);
      const stories = new Stories(context, settings.storyMs);
      const status = new StatusDetector(context, settings, thresholds, stories);
      const shared = { thresholds, stories, settled: status.settled.bind(status) };
      const series = metrics.map((metric) => {
        const flatline = new FlatlineDetector(context, metric, settings, thresholds, stories);
        // What stands still is told once: that everything else about it moves on is the same fact.
        const settled = (slot: number, atMs: number): boolean =>
          shared.settled(slot, atMs) && !flatline.isOpen(slot);
        const deviation = new DeviationDetector(context, metric, settings, { ...shared, settled });
        return { deviation, flatline };
      });
      const transitions = statuses.map((one) => new TransitionDetector(context, one, settings, shared));
      return {
        process(reading, out) {
          status.process(reading, out);
          const suspended = hasMaintenance(reading, maintenance);
          for (const { deviation, flatline } of series) {
            if (suspended) {
              deviation.suspend(reading, maintenance, out);
              flatline.suspend(reading, maintenance, out);
            }
            deviation.process(reading, out);
            flatline.process(reading, deviation, out);
          }
          for (const transition of transitions) {
            if (suspended) transition.suspend(reading, maintenance, out);
            transition.process(reading, out);
          }
          return true;
        },
        update: (topic, key, record) => thresholds.update(topic, key, record),
        punctuate(_tickMs, entityTimeMs, out) {
          stories.punctuate(entityTimeMs);
          status.punctuate(entityTimeMs, out);
          for (const { deviation, flatline } of series) {
            deviation.punctuate(entityTimeMs, out);
            flatline.punctuate(entityTimeMs, out);
          }
          for (const transition of transitions) transition.punctuate(entityTimeMs, out);
        },
      };
    },
  };
}
