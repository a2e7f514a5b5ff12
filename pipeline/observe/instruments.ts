/**
 * Counters, gauges and histograms over prom-client, made for hot paths and for bounded memory: a counter's cell is one
 * object to add to, poured into prom-client when somebody asks; no instrument holds more than MAX_LABEL_SETS label sets.
 */
import * as prom from 'prom-client';

/** Past this many label sets of one instrument, every further one is counted under `other`. */
export const MAX_LABEL_SETS = 500;
const OTHER = 'other';

/** A label longer than this is cut: labels come from unions and catalogues, never from devices. */
const MAX_LABEL_LENGTH = 100;

export type LabelValues<Labels extends readonly string[]> = { readonly [Index in keyof Labels]: string };

/** What has been counted under one label set. Hot paths keep the cell and add to `count`. */
export interface CounterCell {
  count: number;
}

interface Cell<Labels extends readonly string[]> extends CounterCell {
  readonly values: LabelValues<Labels>;
  poured: number;
}

export interface InstrumentOptions<Labels extends readonly string[]> {
  readonly registry: prom.Registry;
  readonly name: string;
  readonly help: string;
  readonly labels: Labels;
}

/** A number that only grows. */
export class Counter<const Labels extends readonly string[]> {
  readonly #cells: LabelSets<Labels, Cell<Labels>>;

  /** `first` are label sets that are there, as 0, before anything was counted. */
  constructor(options: InstrumentOptions<Labels>, first: readonly LabelValues<Labels>[] = []) {
    this.#cells = new LabelSets(options.labels, (values) => ({ values, count: 0, poured: 0 }));
    const cells = this.#cells;
    const counter = new prom.Counter({
      ...promOptions(options),
      collect() {
        for (const cell of cells.all()) {
          const grown = cell.count - cell.poured;
          // A counter must not fall or become NaN, whatever was added: what is wrong is left out.
          counter.inc(labelled(options.labels, cell.values), grown > 0 ? grown : 0);
          if (grown > 0) cell.poured = cell.count;
          else cell.count = cell.poured;
        }
      },
    });
    for (const values of first) this.cell(...values);
    if (options.labels.length === 0) this.cell(...([] as unknown as LabelValues<Labels>));
  }

  /** The cell of a label set; the same one each time. */
  cell(...values: LabelValues<Labels>): CounterCell {
    return this.#cells.get(values);
  }

  add(count: number, ...values: LabelValues<Labels>): void {
    this.#cells.get(values).count += count;
  }
}

/** A number that rises and falls: set when it changes, or read when somebody asks. */
export class Gauge<const Labels extends readonly string[]> {
  readonly #values: LabelSets<Labels, { readonly values: LabelValues<Labels>; value: number }>;
  #source: (() => Iterable<readonly [value: number, ...labels: LabelValues<Labels>]>) | undefined;

  constructor(options: InstrumentOptions<Labels>) {
    this.#values = new LabelSets(options.labels, (values) => ({ values, value: 0 }));
    const gauge = new prom.Gauge({
      ...promOptions(options),
      collect: () => {
        gauge.reset();
        if (this.#source !== undefined) {
          this.#values.clear();
          for (const [value, ...values] of this.#source()) this.set(value, ...values);
        }
        // prom-client begins a gauge without labels as 0: what nobody knows is not 0.
        if (options.labels.length === 0) gauge.remove();
        for (const { value, values } of this.#values.all())
          gauge.set(labelled(options.labels, values), value);
      },
    });
  }

  set(value: number, ...values: LabelValues<Labels>): void {
    this.#values.get(values).value = value;
  }

  /** From now on the gauge is what `source` yields when the metrics are asked for; label sets it leaves out are gone. */
  readFrom(source: () => Iterable<readonly [value: number, ...labels: LabelValues<Labels>]>): void {
    this.#source = source;
  }
}

/** How often values fell into buckets; `observe` takes seconds. */
export class Histogram {
  readonly #histogram: prom.Histogram;

  constructor(options: InstrumentOptions<readonly []>, buckets: readonly number[]) {
    this.#histogram = new prom.Histogram({ ...promOptions(options), buckets: [...buckets] });
  }

  observe(seconds: number): void {
    if (Number.isFinite(seconds)) this.#histogram.observe(seconds);
  }
}

/** Values by label set, found without building a key for none or one label. */
class LabelSets<Labels extends readonly string[], Value> {
  readonly #byKey = new Map<string, Value>();
  readonly #labels: Labels;
  readonly #create: (values: LabelValues<Labels>) => Value;

  constructor(labels: Labels, create: (values: LabelValues<Labels>) => Value) {
    this.#labels = labels;
    this.#create = create;
  }

  get(values: LabelValues<Labels>): Value {
    const key = values.length === 1 ? values[0]! : values.join('\u0000');
    const there = this.#byKey.get(key);
    if (there !== undefined) return there;
    if (this.#byKey.size >= MAX_LABEL_SETS - 1 && values.some((value) => value !== OTHER)) {
      return this.get(this.#labels.map(() => OTHER) as unknown as LabelValues<Labels>);
    }
    const created = this.#create(
      values.map((value) => value.slice(0, MAX_LABEL_LENGTH)) as unknown as LabelValues<Labels>,
    );
    this.#byKey.set(key, created);
    return created;
  }

  all(): Iterable<Value> {
    return this.#byKey.values();
  }

  clear(): void {
    this.#byKey.clear();
  }
}

function promOptions({ registry, name, help, labels }: InstrumentOptions<readonly string[]>) {
  return { name, help, labelNames: [...labels], registers: [registry] };
}

function labelled(names: readonly string[], values: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, index) => [name, values[index]!]));
}
