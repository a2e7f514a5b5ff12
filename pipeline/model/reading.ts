/**
 * One poll of one table of one entity as typed columns: an envelope and `rowCount` rows. A decoder fills it,
 * fused stages add their columns to it, an encoder reads it. One Reading is reused for every record of a task,
 * so nothing in it may be kept past the call: copy what must live into state.
 */

const INITIAL_ROWS = 64;

/** Unsigned 64-bit counters as two 32-bit halves, exact to the last bit; `known[i]` is 1 where row i has a value. */
export class CounterColumn {
  readonly kind = 'counter';
  hi = new Uint32Array(INITIAL_ROWS);
  lo = new Uint32Array(INITIAL_ROWS);
  known = new Uint8Array(INITIAL_ROWS);

  grow(rows: number): void {
    this.hi = grown(this.hi, new Uint32Array(rows));
    this.lo = grown(this.lo, new Uint32Array(rows));
    this.known = grown(this.known, new Uint8Array(rows));
  }

  clear(from: number, to: number): void {
    this.known.fill(0, from, to);
  }
}

/** Doubles, and integers below 2^53: NaN is null (no legal value of any field is NaN). */
export class NumberColumn {
  readonly kind = 'number';
  values = new Float64Array(INITIAL_ROWS);

  grow(rows: number): void {
    this.values = grown(this.values, new Float64Array(rows));
  }

  clear(from: number, to: number): void {
    this.values.fill(Number.NaN, from, to);
  }
}

/** `starts` of a row without a text, and of one whose text was set as a string. */
export const NO_TEXT = -1;
export const SET_TEXT = -2;

/**
 * Texts. A decoded one stays the bytes of its record, `source[starts[i]] .. source[ends[i] - 1]`, and becomes a string
 * only for who asks: in steady state nobody does.
 */
export class TextColumn {
  readonly kind = 'text';
  source: Buffer = Buffer.alloc(0);
  starts = new Int32Array(INITIAL_ROWS).fill(NO_TEXT);
  ends = new Int32Array(INITIAL_ROWS);
  readonly #set: string[] = [];

  get(row: number): string | null {
    const start = this.starts[row] ?? NO_TEXT;
    if (start >= 0) return this.source.toString('utf8', start, this.ends[row]);
    return start === SET_TEXT ? this.#set[row]! : null;
  }

  set(row: number, text: string | null): void {
    this.starts[row] = text === null ? NO_TEXT : SET_TEXT;
    if (text !== null) this.#set[row] = text;
  }

  /** Whether row's text is this one, without making a string of it. */
  equals(row: number, text: string | null): boolean {
    const start = this.starts[row]!;
    if (start < 0 || text === null) return this.get(row) === text;
    return textEquals(this.source, start, this.ends[row]!, text);
  }

  /** `textHash` of row's text, without making a string of it. */
  hash(row: number): number {
    const { source } = this;
    const start = this.starts[row]!;
    const end = this.ends[row]!;
    if (start < 0) return textHash(this.get(row));
    if (start === end) return 0;
    let sum = FNV_OFFSET;
    for (let at = start; at < end; at += 1) {
      const byte = source[at]!;
      if (byte > 127) return textHash(this.get(row));
      sum = Math.imul(sum ^ byte, FNV_PRIME);
    }
    return sum >>> 0 || 1;
  }

  grow(rows: number): void {
    this.starts = grown(this.starts, new Int32Array(rows).fill(NO_TEXT));
    this.ends = grown(this.ends, new Int32Array(rows));
  }

  clear(from: number, to: number): void {
    this.starts.fill(NO_TEXT, from, to);
  }
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** FNV-1a of the UTF-16 units, 32 bits and never 0; 0 for a text that is unknown or empty. */
export function textHash(text: string | null): number {
  if (text === null || text === '') return 0;
  let sum = FNV_OFFSET;
  for (let at = 0; at < text.length; at += 1) sum = Math.imul(sum ^ text.charCodeAt(at), FNV_PRIME);
  return sum >>> 0 || 1;
}

/** Whether bytes start..end-1 are `text` in UTF-8, as a decoder reads them (what is no UTF-8 equals U+FFFD). */
export function textEquals(bytes: Buffer, start: number, end: number, text: string): boolean {
  // UTF-8 has at least a byte a UTF-16 unit.
  if (text.length > end - start) return false;
  for (let at = start, unit = 0; at < end; at += 1, unit += 1) {
    const byte = bytes[at]!;
    if (byte > 127) return bytes.toString('utf8', start, end) === text;
    if (byte !== text.charCodeAt(unit)) return false;
  }
  return text.length === end - start;
}

export type ReadingColumn = CounterColumn | NumberColumn | TextColumn;

/** A column by name and kind: what the catalogue's rows say a reading of this topic carries. */
export interface ColumnSpec {
  readonly name: string;
  readonly kind: ReadingColumn['kind'];
}

/** complete = every row of the table is here; partial = some are missing; failed = nobody answered. */
export const POLL_STATUSES = ['unknown', 'complete', 'partial', 'failed'] as const;
export type PollStatus = (typeof POLL_STATUSES)[number];

/** A number without a value for one metric of one row, and why. */
export interface ReadingException {
  row: number;
  metric: string;
  reason: string;
}

export class Reading {
  // Envelope. Numbers that the record did not carry are NaN.
  domain = '';
  entity = '';
  deviceIp: string | null = null;
  collectorId = '';
  pollId = '';
  part = 1;
  parts = 1;
  observedAtMs = Number.NaN;
  durationMs = Number.NaN;
  /** The poll interval that the collector aims at. */
  intervalMs = Number.NaN;
  /** sysUpTime in hundredths of a second, read in the poll's first PDU: 32 bits, wraps every 497.1 days. */
  sysUptime = Number.NaN;
  /** hrSystemUptime in hundredths of a second. */
  hostUptime = Number.NaN;
  engineBoots = Number.NaN;
  /** snmpEngineTime in seconds. */
  engineTime = Number.NaN;
  status: PollStatus = 'complete';
  errors: string[] = [];

  // Set by enrich from the inventory.
  deviceId = '';
  netboxDeviceId = Number.NaN;
  siteId = Number.NaN;
  siteName: string | null = null;
  deviceRole: string | null = null;
  /** IANA zone of the site: seasonal cells follow its wall clock. */
  timeZone = 'UTC';

  /** The log's time of the record, set by the task. */
  appendedAtMs = Number.NaN;

  rowCount = 0;
  /** State slot of the entity and of each row, set by the directory before any stage runs. */
  entitySlot = -1;
  slots = new Int32Array(INITIAL_ROWS);
  /** Stable instance name of each row (for interfaces: ifName, or ifName#ifIndex where it is not unique). */
  instances: string[] = [];
  /** 1 where the row's slot was handed out by this very reading. */
  fresh = new Uint8Array(INITIAL_ROWS);
  /** Quality of each row: an index into the topic's qualities (0 = good). */
  quality = new Uint8Array(INITIAL_ROWS);
  readonly exceptions: ReadingException[] = [];

  readonly #columns = new Map<string, ReadingColumn>();
  /** The same: an iterator over the map would leave an object a column and poll behind. */
  readonly #list: ReadingColumn[] = [];
  #capacity = INITIAL_ROWS;

  /** Registers columns; a name that is there already keeps its column. */
  add(specs: Iterable<ColumnSpec>): this {
    for (const { name, kind } of specs) {
      const there = this.#columns.get(name);
      if (there === undefined) {
        const column = newColumn(kind);
        column.grow(this.#capacity);
        this.#columns.set(name, column);
        this.#list.push(column);
      } else if (there.kind !== kind) {
        throw new TypeError(`reading column ${name} is a ${there.kind} column, not a ${kind} column`);
      }
    }
    return this;
  }

  counter(name: string): CounterColumn {
    return this.#column(name, 'counter') as CounterColumn;
  }

  number(name: string): NumberColumn {
    return this.#column(name, 'number') as NumberColumn;
  }

  text(name: string): TextColumn {
    return this.#column(name, 'text') as TextColumn;
  }

  has(name: string): boolean {
    return this.#columns.has(name);
  }

  /** Makes room for `rows` rows and sets every column to "unknown". The envelope is the caller's. */
  reset(rows: number): void {
    this.rowCount = 0;
    this.exceptions.length = 0;
    this.extend(rows);
  }

  /** Adds rows up to `rows`, all columns "unknown"; those before stay. */
  extend(rows: number): void {
    const from = this.rowCount;
    if (rows > this.#capacity) {
      this.#capacity = 2 ** Math.ceil(Math.log2(rows));
      this.slots = grown(this.slots, new Int32Array(this.#capacity));
      this.fresh = grown(this.fresh, new Uint8Array(this.#capacity));
      this.quality = grown(this.quality, new Uint8Array(this.#capacity));
      for (const column of this.#list) column.grow(this.#capacity);
    }
    this.rowCount = rows;
    this.quality.fill(0, from, rows);
    this.fresh.fill(0, from, rows);
    for (let at = 0; at < this.#list.length; at += 1) this.#list[at]!.clear(from, rows);
  }

  #column(name: string, kind: ReadingColumn['kind']): ReadingColumn {
    const column = this.#columns.get(name);
    if (column?.kind !== kind) {
      throw new TypeError(
        `reading has no ${kind} column ${name} (it has: ${[...this.#columns.keys()].join(', ')})`,
      );
    }
    return column;
  }
}

/** A column without values. */
export function newColumn(kind: ReadingColumn['kind']): ReadingColumn {
  switch (kind) {
    case 'counter':
      return new CounterColumn();
    case 'number':
      return new NumberColumn();
    case 'text':
      return new TextColumn();
  }
}

function grown<T extends { set(from: T): void; length: number }>(from: T, to: T): T {
  if (from.length <= to.length) to.set(from);
  return to;
}
