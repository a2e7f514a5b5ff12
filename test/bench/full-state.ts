/** A processor with the state of a network that has been watched for weeks, without folding the weeks. */
import type { StateColumn } from '../../pipeline/model/state.ts';
import type { StateStore } from '../../pipeline/runtime/state-store.ts';
import { baselinedMetrics } from '../../pipeline/stages/baseline/baselined-metrics.ts';
import { catalogue } from '../../topics/catalogue.ts';

/**
 * Fills every seasonal cell around the series' level, as if each hour had been visited four times. No two cells are the
 * same, as in life: what is written of them does not pack better than that.
 */
export function fillCells(state: Pick<StateStore, 'columns' | 'rows'>): void {
  const columns = new Map(Array.from(state.columns(), ([name, { column }]) => [name, column]));
  const of = (field: string, metric: string): StateColumn => columns.get(`baseline.${field}.${metric}`)!;
  for (const { name } of baselinedMetrics(catalogue)) {
    for (const season of ['day', 'week']) {
      const [level, error] = [of('level', name), of('level_error', name)];
      fill(of(`${season}_mean`, name), (slot, k) => level.get(slot) * varied(slot, k), state.rows);
      fill(of(`${season}_deviation`, name), (slot, k) => error.get(slot) * varied(k, slot), state.rows);
      fill(of(`${season}_visits`, name), () => 4, state.rows);
    }
    const level = of('level', name);
    fill(of('half_mean', name), (slot, k) => level.get(slot) * varied(slot, k), state.rows);
    fill(of('half_polls', name), () => 24, state.rows);
  }
}

/** 0.5 - 1.5 */
function varied(a: number, b: number): number {
  return 1 + 0.5 * Math.sin(a * 12.9898 + b * 78.233);
}

function fill(column: StateColumn, value: (slot: number, k: number) => number, rows: number): void {
  for (let slot = 0; slot < rows; slot += 1)
    for (let k = 0; k < column.width; k += 1) column.set(slot, value(slot, k), k);
}
