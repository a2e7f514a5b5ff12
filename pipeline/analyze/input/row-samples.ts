/** Rows of cells as samples: one in long form, one a metric in wide form. */
import { isMissing, type Layout } from './layout.ts';
import { newSample, SAMPLE_KINDS, type SampleKind, type SampleSink } from './sample.ts';
import type { TimeParser } from './times.ts';

export interface RowSamplesOptions {
  readonly file: string;
  readonly layout: Layout;
  /** Of a file that names none. */
  readonly entity: string;
  /** Columns of the head: a row of another number of cells is refused. */
  readonly width: number;
  readonly parseTime: TimeParser;
  /** By metric, where the file does not say it: `--kind`. */
  readonly kinds: ReadonlyMap<string, SampleKind>;
  readonly sink: SampleSink;
}

/** Longest cell that is shown in a message. */
const SHOWN = 40;
const INSTANCE_SEPARATOR = ' ';

export class RowSamples {
  readonly #options: RowSamplesOptions;
  readonly #sample = newSample();

  constructor(options: RowSamplesOptions) {
    this.#options = options;
  }

  /** `line`: of the file, the first is 1. */
  take(cells: readonly string[], line: number): void {
    const { layout, width, parseTime, sink, file } = this.#options;
    if (cells.length !== width) {
      if (cells.length === 1 && cells[0]!.trim() === '') return;
      sink.problem({ file, line, reason: `${cells.length} cells where the head has ${width}` });
      return;
    }
    const sample = this.#sample;
    sample.timeMs = parseTime(cells[layout.time]!);
    if (Number.isNaN(sample.timeMs)) {
      sink.problem({ file, line, reason: `${shown(cells[layout.time]!)} is no time` });
      return;
    }
    sample.entity = layout.entity === undefined ? this.#options.entity : cells[layout.entity]!;
    sample.instance = instanceOf(cells, layout.instance);
    if (layout.long !== undefined) this.#takeLong(cells, layout.long, line);
    else for (const { column, metric } of layout.wide) this.#send(metric, cells[column]!, line);
  }

  #takeLong(cells: readonly string[], long: NonNullable<Layout['long']>, line: number): void {
    const sample = this.#sample;
    sample.unit = long.unit === undefined ? null : cells[long.unit]! || null;
    sample.speed = long.speed === undefined ? Number.NaN : numberOf(cells[long.speed]!);
    const kind = long.kind === undefined ? '' : cells[long.kind]!.trim().toLowerCase();
    if (kind !== '' && !isKind(kind)) {
      const { sink, file } = this.#options;
      const reason = `${shown(kind)} is no kind: ${SAMPLE_KINDS.join(', ')}`;
      sink.problem({ file, line, reason });
      return;
    }
    sample.kind = isKind(kind) ? kind : undefined;
    this.#send(long.metric === undefined ? 'value' : cells[long.metric]!, cells[long.value]!, line);
  }

  #send(metric: string, cell: string, line: number): void {
    const { sink, file, kinds, layout } = this.#options;
    const sample = this.#sample;
    const value = Number(cell);
    if (!Number.isFinite(value) || cell === '') {
      if (isMissing(cell)) return;
      sink.problem({ file, line, reason: `${shown(cell)} is no finite number` });
      return;
    }
    sample.metric = metric;
    sample.value = value;
    if (layout.long?.kind === undefined) sample.kind = kinds.get(metric);
    sink.sample(sample);
  }
}

function instanceOf(cells: readonly string[], columns: readonly number[]): string {
  if (columns.length === 1) return cells[columns[0]!]!;
  return columns.map((column) => cells[column]).join(INSTANCE_SEPARATOR);
}

function isKind(text: string): text is SampleKind {
  return (SAMPLE_KINDS as readonly string[]).includes(text);
}

function numberOf(cell: string): number {
  return isMissing(cell) ? Number.NaN : Number(cell);
}

function shown(text: string): string {
  return `"${text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text}"`;
}
