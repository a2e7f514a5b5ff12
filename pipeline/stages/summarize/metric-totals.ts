/**
 * What an entity's rows sum up to, by metric: of the poll at hand, and of the open window. And what a row of the entity
 * usually has, a mean over a week: the weight of its rows among those of others, wherever some are missing.
 */
import type { DomainInputRecord } from '../../../topics/domain.ts';
import { SEGMENT_BITS, SEGMENT_MASK, type ColumnDeclaration, type StateColumn } from '../../model/state.ts';
import type { NumberColumn } from '../../model/reading.ts';
import type { StageContext } from '../stage.ts';

type WindowMetrics = DomainInputRecord['metrics'];

const PLAIN = { scope: 'entity', group: 'hot' } as const;
/** Seconds of the open window that polls cover, and observed_at of the last of them: its parts cover the same. */
const COVERED = { ...PLAIN, name: 'covered_s', type: 'f64' } as const;
const COVERED_AT = { ...PLAIN, name: 'covered_at', type: 'f64', initial: Number.NaN } as const;

export const TOTAL_COLUMNS = [COVERED, COVERED_AT] as const;

/** Of the open window: value x seconds, and seconds, over rows and polls. */
const SUM = { ...PLAIN, name: 'sum', type: 'f64' } as const;
const ROW_SECONDS = { ...PLAIN, name: 'row_seconds', type: 'f64' } as const;
/** Decaying mean of a row, over so many windows. */
const USUAL = { ...PLAIN, name: 'usual', type: 'f32' } as const;
const WINDOWS = { ...PLAIN, name: 'windows', type: 'u16' } as const;

export function totalColumns(metric: string): ColumnDeclaration[] {
  return [SUM, ROW_SECONDS, USUAL, WINDOWS].map((column) => ({ ...column, metric }));
}

/** A week of windows. */
const MEMORY_WINDOWS = 2_016;

interface Metric {
  readonly name: string;
  readonly values: NumberColumn;
  readonly sum: StateColumn<'f64'>;
  readonly rowSeconds: StateColumn<'f64'>;
  readonly usual: StateColumn<'f32'>;
  readonly windows: StateColumn<'u16'>;
}

export class MetricTotals {
  /** By row: for how long its values count. */
  seconds = new Float64Array(64);
  readonly #metrics: readonly Metric[];
  /** By metric, of the poll at hand. */
  readonly #sums: Float64Array;
  readonly #rowSeconds: Float64Array;
  readonly #covered: StateColumn<'f64'>;
  readonly #coveredAt: StateColumn<'f64'>;
  // What is told: fields and not parameters, as in series-baseline.ts.
  #sum = Number.NaN;
  #known = Number.NaN;
  #coveredS = Number.NaN;

  constructor(context: StageContext, metrics: readonly { readonly name: string }[]) {
    const { reading } = context;
    this.#metrics = metrics.map(({ name }) => ({
      name,
      values: reading.add([{ name, kind: 'number' }]).number(name),
      sum: context.column({ ...SUM, metric: name }),
      rowSeconds: context.column({ ...ROW_SECONDS, metric: name }),
      usual: context.column({ ...USUAL, metric: name }),
      windows: context.column({ ...WINDOWS, metric: name }),
    }));
    this.#sums = new Float64Array(metrics.length);
    this.#rowSeconds = new Float64Array(metrics.length);
    this.#covered = context.column(COVERED);
    this.#coveredAt = context.column(COVERED_AT);
  }

  /** `seconds` for so many rows. */
  room(rows: number): this {
    if (rows > this.seconds.length) this.seconds = new Float64Array(2 * rows);
    return this;
  }

  /** Sums the poll at hand up, each row for its `seconds`. */
  sumUp(rowCount: number): void {
    const { seconds } = this;
    for (let at = 0; at < this.#metrics.length; at += 1) {
      const { values } = this.#metrics[at]!.values;
      let sum = 0;
      let known = 0;
      for (let row = 0; row < rowCount; row += 1) {
        const value = values[row]!;
        if (Number.isNaN(value)) continue;
        const weight = seconds[row]!;
        sum += value * weight;
        known += weight;
      }
      this.#sums[at] = sum;
      this.#rowSeconds[at] = known;
    }
  }

  /** Adds the poll at hand to the open window. */
  add(entitySlot: number, observedAtMs: number, coveredS: number): void {
    const segment = entitySlot >>> SEGMENT_BITS;
    const slot = entitySlot & SEGMENT_MASK;
    if (this.#coveredAt.get(entitySlot) !== observedAtMs) {
      const covered = this.#covered.segments[segment]!;
      covered[slot] = covered[slot]! + coveredS;
      this.#coveredAt.segments[segment]![slot] = observedAtMs;
    }
    for (let at = 0; at < this.#metrics.length; at += 1) {
      const sum = this.#metrics[at]!.sum.segments[segment]!;
      const rowSeconds = this.#metrics[at]!.rowSeconds.segments[segment]!;
      sum[slot] = sum[slot]! + this.#sums[at]!;
      rowSeconds[slot] = rowSeconds[slot]! + this.#rowSeconds[at]!;
    }
  }

  /** The poll at hand, as a window that it covers. */
  ofPoll(entitySlot: number, coveredS: number): WindowMetrics {
    const metrics: WindowMetrics = [];
    this.#coveredS = coveredS;
    for (let at = 0; at < this.#metrics.length; at += 1) {
      this.#sum = this.#sums[at]!;
      this.#known = this.#rowSeconds[at]!;
      this.#tell(this.#metrics[at]!, entitySlot, metrics);
    }
    return metrics;
  }

  /** The open window, which is empty then. */
  take(entitySlot: number): WindowMetrics {
    const metrics: WindowMetrics = [];
    const segment = entitySlot >>> SEGMENT_BITS;
    const slot = entitySlot & SEGMENT_MASK;
    const covered = this.#covered.segments[segment]!;
    this.#coveredS = covered[slot]!;
    covered[slot] = 0;
    for (let at = 0; at < this.#metrics.length; at += 1) {
      const metric = this.#metrics[at]!;
      const sum = metric.sum.segments[segment]!;
      const rowSeconds = metric.rowSeconds.segments[segment]!;
      this.#sum = sum[slot]!;
      this.#known = rowSeconds[slot]!;
      sum[slot] = 0;
      rowSeconds[slot] = 0;
      this.#tell(metric, entitySlot, metrics);
    }
    return metrics;
  }

  /** The metric over a window, weighed by what was usual before it. */
  #tell({ name, usual: usuals, windows }: Metric, entitySlot: number, metrics: WindowMetrics): void {
    if (this.#known === 0) return;
    const segment = entitySlot >>> SEGMENT_BITS;
    const slot = entitySlot & SEGMENT_MASK;
    const usual = usuals.segments[segment]!;
    const seen = windows.segments[segment]!;
    const rows = this.#known / this.#coveredS;
    const mean = this.#sum / this.#known;
    const before = seen[slot] === 0 ? mean : usual[slot]!;
    usual[slot] = before + Math.max(1 / (seen[slot]! + 1), 1 / MEMORY_WINDOWS) * (mean - before);
    seen[slot] = Math.min(seen[slot]! + 1, MEMORY_WINDOWS);
    metrics.push({ metric_name: name, total: this.#sum / this.#coveredS, rows, weight: before * rows });
  }
}
