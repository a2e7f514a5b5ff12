/**
 * How much of a scope's series a window has seen. What is usual are the rows, and their weight, of the last window that
 * had them all; a window with less is judged from a share on, scaled up by the weight of what is missing, so that
 * neither a switch that is off nor a core router that does not answer looks like less traffic. Who is missing for a day
 * is no longer expected.
 */
import type { ColumnDeclaration, StateColumn } from '../../model/state.ts';
import type { StateContext } from '../stage.ts';
import type { AggregateSettings } from './aggregate-settings.ts';
import type { WindowTotal } from './open-window.ts';

const PLAIN = { scope: 'series', group: 'hot' } as const;
/** Of the last complete window. */
const USUAL_ROWS = { ...PLAIN, name: 'usual_rows', type: 'f64' } as const;
const USUAL_WEIGHT = { ...PLAIN, name: 'usual_weight', type: 'f64' } as const;
/** Windows since then, and the best of them. */
const INCOMPLETE = { ...PLAIN, name: 'incomplete_windows', type: 'u32' } as const;
const BEST_ROWS = { ...PLAIN, name: 'best_rows', type: 'f64' } as const;
const BEST_WEIGHT = { ...PLAIN, name: 'best_weight', type: 'f64' } as const;

const COLUMNS = [USUAL_ROWS, USUAL_WEIGHT, INCOMPLETE, BEST_ROWS, BEST_WEIGHT] as const;

export function coverageColumns(metric: string): ColumnDeclaration[] {
  return COLUMNS.map((column) => ({ ...column, metric }));
}

/** Of one metric. */
export class Coverage {
  readonly #settings: AggregateSettings;
  readonly #usualRows: StateColumn<'f64'>;
  readonly #usualWeight: StateColumn<'f64'>;
  readonly #incomplete: StateColumn<'u32'>;
  readonly #bestRows: StateColumn<'f64'>;
  readonly #bestWeight: StateColumn<'f64'>;

  constructor(context: Pick<StateContext, 'column'>, metric: string, settings: AggregateSettings) {
    this.#settings = settings;
    this.#usualRows = context.column({ ...USUAL_ROWS, metric });
    this.#usualWeight = context.column({ ...USUAL_WEIGHT, metric });
    this.#incomplete = context.column({ ...INCOMPLETE, metric });
    this.#bestRows = context.column({ ...BEST_ROWS, metric });
    this.#bestWeight = context.column({ ...BEST_WEIGHT, metric });
  }

  /** @returns the total of all rows that are usual; undefined where too few were measured to say. */
  whole(slot: number, { total, rows, weight }: WindowTotal): number | undefined {
    if (rows >= this.#usualRows.get(slot)) this.#expect(slot, rows, weight);
    else this.#miss(slot, rows, weight);
    const byRows = rows / this.#usualRows.get(slot);
    const usualWeight = this.#usualWeight.get(slot);
    // Nothing usual (no errors anywhere): rows are all that can be counted.
    const byWeight = usualWeight > 0 ? weight / usualWeight : byRows;
    if (Math.min(byRows, byWeight) < this.#settings.minCoverage) return undefined;
    return total / Math.min(byWeight, 1);
  }

  #expect(slot: number, rows: number, weight: number): void {
    this.#usualRows.set(slot, rows);
    this.#usualWeight.set(slot, weight);
    this.#incomplete.set(slot, 0);
    this.#bestRows.set(slot, 0);
    this.#bestWeight.set(slot, 0);
  }

  #miss(slot: number, rows: number, weight: number): void {
    if (rows > this.#bestRows.get(slot)) {
      this.#bestRows.set(slot, rows);
      this.#bestWeight.set(slot, weight);
    }
    const missed = this.#incomplete.get(slot) + 1;
    this.#incomplete.set(slot, missed);
    if (missed >= this.#settings.forgetWindows)
      this.#expect(slot, this.#bestRows.get(slot), this.#bestWeight.get(slot));
  }
}
