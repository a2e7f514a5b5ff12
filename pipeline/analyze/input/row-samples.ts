/** Rows of cells as values of series: one a row in long form, one a metric in wide form. */
import { counted } from '../report/plain-text.ts';
import { isMissing, type NumberParser } from './cells.ts';
import type { Layout } from './layout.ts';
import type { LongColumns } from './long-columns.ts';
import { flat, instanceOf, shown, timeReason, timeText, unitOf } from './row-texts.ts';
import { kindOf, SAMPLE_KINDS, type SampleKind, type SampleSink, type SeriesIntake } from './sample.ts';
import type { TimeParser } from './times.ts';

export interface RowSamplesOptions {
  readonly file: string;
  readonly head: readonly string[];
  readonly layout: Layout;
  /** Of a file that names none. */
  readonly entity: string;
  readonly parseTime: TimeParser;
  readonly parseNumber: NumberParser;
  /** Of a metric, where its row does not say it. */
  readonly kind: (metric: string) => SampleKind;
  /** Rows end where nothing more was measured. */
  readonly isRagged: boolean;
  readonly hasDecimals: (metric: string) => boolean;
  readonly sink: SampleSink;
}

/** Longest name: each is held in memory once a series. */
const MAX_NAME_CHARACTERS = 255;
/** Between the parts of a name that looks a series up. */
const PART = '\0';

export class RowSamples {
  readonly #options: RowSamplesOptions;
  readonly #columnNames: ReadonlySet<string>;
  /** Wide form: by entity and instance, a series a metric. */
  readonly #wide = new Map<string, (SeriesIntake | undefined)[]>();
  readonly #long = new Map<string, SeriesIntake>();
  #line = 0;
  #speedBps = Number.NaN;

  constructor(options: RowSamplesOptions) {
    this.#options = options;
    this.#columnNames = new Set(options.head);
  }

  /** `line`: of the file, the first is 1. */
  take(cells: readonly string[], line: number): void {
    const { layout, head, parseTime } = this.#options;
    this.#line = line;
    if (cells.length !== head.length && !this.#fits(cells)) return;
    const timeMs = parseTime(timeText(cells, layout.time));
    if (Number.isNaN(timeMs)) {
      // Files that were put together have heads in their midst.
      if (cells.every((cell) => this.#columnNames.has(cell))) return;
      this.#problem(timeReason(timeText(cells, layout.time)));
      return;
    }
    this.#speedBps = this.#speedOf(cells);
    if (layout.long === undefined) this.#takeWide(cells, timeMs);
    else this.#takeLong(cells, timeMs, layout.long);
  }

  #takeWide(cells: readonly string[], timeMs: number): void {
    const { wide } = this.#options.layout;
    const place = this.#placeOf(cells);
    let series = this.#wide.get(place);
    for (let at = 0; at < wide.length; at += 1) {
      const { column, metric } = wide[at]!;
      const cell = cells[column];
      if (cell === undefined || isMissing(cell)) continue;
      if (series === undefined) {
        if (this.#isTooLong(place)) return;
        this.#wide.set(flat(place), (series = new Array<SeriesIntake | undefined>(wide.length)));
      }
      const intake = (series[at] ??= this.#newSeries(cells, metric, undefined));
      this.#send(intake, timeMs, cell);
    }
  }

  #takeLong(cells: readonly string[], timeMs: number, long: LongColumns): void {
    const cell = cells[long.value];
    if (cell === undefined || isMissing(cell)) return;
    const metric = long.metric === undefined ? this.#options.head[long.value]! : (cells[long.metric] ?? '');
    const name = `${metric}${PART}${this.#placeOf(cells)}`;
    let intake = this.#long.get(name);
    if (intake === undefined) {
      const trimmed = metric.trim();
      if (trimmed === '') {
        this.#problem('it names no metric');
        return;
      }
      const kind = long.kind === undefined ? '' : (cells[long.kind] ?? '');
      if (kind.trim() !== '' && kindOf(kind) === undefined) {
        this.#problem(`${shown(kind)} is no kind: ${SAMPLE_KINDS.join(', ')}`);
        return;
      }
      if (this.#isTooLong(name)) return;
      const unit = long.unit === undefined ? '' : (cells[long.unit] ?? '').trim();
      this.#long.set(flat(name), (intake = this.#newSeries(cells, trimmed, kindOf(kind), unit)));
    }
    this.#send(intake, timeMs, cell);
  }

  #send(intake: SeriesIntake, timeMs: number, cell: string): void {
    const value = this.#options.parseNumber(cell);
    if (Number.isNaN(value) && intake.kind !== 'status') {
      this.#problem(`${shown(cell)} is no number, or too large a one`);
      return;
    }
    intake.speedBps = this.#speedBps;
    const reason = intake.take(timeMs, value, cell);
    if (reason !== undefined) this.#problem(`${shown(cell)} ${reason}`);
  }

  #newSeries(
    cells: readonly string[],
    metric: string,
    kind: SampleKind | undefined,
    unit = '',
  ): SeriesIntake {
    const { layout, sink, entity, kind: usual, hasDecimals } = this.#options;
    const named = layout.entity === undefined ? '' : (cells[layout.entity] ?? '').trim();
    return sink.series({
      entity: flat(named === '' ? entity : named),
      instance: flat(instanceOf(cells, layout.instance)),
      metric: flat(metric),
      kind: kind ?? usual(metric),
      unit: unit === '' ? unitOf(metric) : flat(unit),
      hasDecimals: hasDecimals(metric),
    });
  }

  /** What tells its series from those of other rows. */
  #placeOf(cells: readonly string[]): string {
    const { entity, instance } = this.#options.layout;
    if (entity === undefined) return instance.length === 0 ? '' : instanceOf(cells, instance);
    return `${cells[entity] ?? ''}${PART}${instanceOf(cells, instance)}`;
  }

  #speedOf(cells: readonly string[]): number {
    const { layout, parseNumber } = this.#options;
    if (layout.speed === undefined) return Number.NaN;
    const speed = parseNumber(cells[layout.speed.column] ?? '') * layout.speed.bitsPerSecond;
    return speed > 0 ? speed : Number.NaN;
  }

  /** More cells than the head has are fine if nothing is in them; fewer where that is usual. */
  #fits(cells: readonly string[]): boolean {
    const { head, isRagged } = this.#options;
    const { length } = head;
    if (cells.length < length && isRagged) return true;
    if (cells.length > length && cells.slice(length).every((cell) => cell.trim() === '')) return true;
    this.#problem(`${counted(cells.length, 'cell')} where the head has ${length}`);
    return false;
  }

  #isTooLong(name: string): boolean {
    if (name.length <= MAX_NAME_CHARACTERS) return false;
    this.#problem(`a name of ${name.length} characters: ${shown(name.replaceAll(PART, ' '))}`);
    return true;
  }

  #problem(reason: string): void {
    const { sink, file } = this.#options;
    sink.problem({ file, line: this.#line, reason });
  }
}
