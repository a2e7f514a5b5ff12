/**
 * `suspend`: marks the rows that people work on (maintenance rules of control.rule) with 1 in the column
 * `maintenance`. `baseline` neither judges nor learns from them, `detect` opens nothing on them and closes what is
 * open. Rates are as ever. A window holds from starts_at until its end has settled: the time after a restart, and at
 * least one poll interval, so that no rate that is judged reaches back into it. Time is the reading's observed_at.
 */
import type { Reading } from '../model/reading.ts';
import type { RuleRecord } from '../../topics/rules.ts';
import { maintenanceColumn } from './rules/maintenance-column.ts';
import { RuleIndex } from './rules/rule-index.ts';
import type { Stage, StageContext, StageDefinition } from './stage.ts';

export interface SuspendSettings {
  /** How long a window goes on after its end. */
  readonly settleMs: number;
}

export function suspend(settings: SuspendSettings): StageDefinition {
  return { name: 'suspend', version: 1, settings, columns: [], init: (context) => init(context, settings) };
}

interface Window {
  readonly record: RuleRecord;
  readonly startsAtMs: number;
  readonly endsAtMs: number;
}

function init(context: StageContext, { settleMs }: SuspendSettings): Stage {
  const maintenance = maintenanceColumn(context.reading);
  const windows = new RuleIndex<Window>(context, 'maintenance', (record) => ({
    record,
    startsAtMs: record.starts_at!,
    endsAtMs: record.ends_at!,
  }));
  /** Rules that nobody can follow, since they were last counted. */
  let ignored = 0;

  /** @returns how many rows were marked. */
  const mark = ({ rowCount, instances }: Reading, name: string | null): number => {
    let marked = 0;
    for (let row = 0; row < rowCount; row += 1) {
      if (maintenance.values[row] === 1 || (name !== null && instances[row] !== name)) continue;
      maintenance.values[row] = 1;
      marked += 1;
    }
    return marked;
  };

  return {
    process(reading, out) {
      if (ignored > 0) {
        out.count('suspend', 'rule_ignored', ignored);
        ignored = 0;
      }
      const { observedAtMs, intervalMs } = reading;
      const after = Number.isNaN(intervalMs) ? settleMs : Math.max(settleMs, intervalMs);
      let marked = 0;
      for (const { record, startsAtMs, endsAtMs } of windows.of(reading)) {
        if (observedAtMs < startsAtMs || observedAtMs >= endsAtMs + after) continue;
        marked += mark(reading, record.interface_name);
      }
      if (marked > 0) out.count('suspend', 'in_maintenance', marked);
      return true;
    },

    update(topic, key, record) {
      if (!windows.update(topic, key, record)) ignored += 1;
    },
  };
}
