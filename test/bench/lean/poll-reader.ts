/**
 * A framed raw record of the peer's topic to columns of a Reading: varints to hi/lo pairs, names as byte ranges of the
 * record, no object a row. Its schema is known (peers/kafka-streams/schemas/raw-interface.avsc), so nothing is resolved.
 */
import { schemaIdOf, HEADER_BYTES } from '../../../pipeline/codec/wire-format.ts';
import type { CounterColumn, NumberColumn, Reading } from '../../../pipeline/model/reading.ts';
import { COUNTERS, METRICS, NAME_HASH_COLUMN, SCHEMA_IDS } from './peer-topics.ts';

/** Where each row's name lies in the record: valid until the next one is read. */
export interface RowNames {
  source: Buffer;
  starts: Int32Array;
  ends: Int32Array;
}

const TWO_32 = 4294967296;
/** A varint of 64 bits has at most 10 bytes. */
const MAX_SHIFT = 63;
/** No row of this schema is shorter than a byte a field. */
const MIN_ROW_BYTES = 4 + METRICS;

let bytes: Uint8Array = new Uint8Array(0);
let at = 0;
let hi = 0;
let lo = 0;

export class PollReader {
  readonly names: RowNames = {
    source: Buffer.alloc(0),
    starts: new Int32Array(64),
    ends: new Int32Array(64),
  };
  readonly #reading: Reading;
  readonly #counters: readonly CounterColumn[];
  readonly #indexes: NumberColumn;
  readonly #speeds: NumberColumn;
  readonly #hashes: NumberColumn;

  /** Registers the columns that it fills. */
  constructor(reading: Reading) {
    reading.add(COUNTERS.map((name) => ({ name, kind: 'counter' })));
    reading.add(['if_index', 'high_speed', NAME_HASH_COLUMN].map((name) => ({ name, kind: 'number' })));
    this.#reading = reading;
    this.#counters = COUNTERS.map((name) => reading.counter(name));
    this.#indexes = reading.number('if_index');
    this.#speeds = reading.number('high_speed');
    this.#hashes = reading.number(NAME_HASH_COLUMN);
  }

  /** @returns why the value is no poll: the reading holds garbage then. */
  read(
    value: Buffer,
  ): 'not_framed' | 'unknown_schema' | 'truncated' | 'trailing_bytes' | 'invalid' | undefined {
    const id = schemaIdOf(value);
    if (id === undefined) return 'not_framed';
    if (id !== SCHEMA_IDS.raw) return 'unknown_schema';
    bytes = value;
    at = HEADER_BYTES;
    const reading = this.#reading;
    this.#readEnvelope(value);
    for (let errors = readInt(); errors !== 0; errors = readInt()) {
      if (errors < 0 || errors > value.length - at) return 'invalid';
      for (; errors > 0; errors -= 1) skipBytes();
    }
    // The loader writes one block of rows.
    const rows = readInt();
    if (rows < 0 || rows * MIN_ROW_BYTES > value.length - at) return 'invalid';
    reading.reset(rows);
    if (rows > 0) {
      this.#readRows(value, rows);
      if (readInt() !== 0) return 'invalid';
    }
    if (at > value.length) return 'truncated';
    return at < value.length ? 'trailing_bytes' : undefined;
  }

  #readEnvelope(value: Buffer): void {
    const reading = this.#reading;
    const length = readInt();
    reading.entity = value.toString('utf8', at, at + length);
    at += length;
    skipBytes();
    skipBytes();
    readLong();
    reading.pollId = String((hi | 0) * TWO_32 + lo);
    readLong();
    reading.observedAtMs = (hi | 0) * TWO_32 + lo;
    reading.durationMs = readInt();
    readLong();
    reading.sysUptime = (hi | 0) * TWO_32 + lo;
    reading.engineBoots = readInt();
    reading.status = readInt() === 0 ? 'complete' : 'partial';
  }

  #readRows(value: Buffer, rows: number): void {
    const { names } = this;
    if (names.starts.length < rows) {
      names.starts = new Int32Array(2 * rows);
      names.ends = new Int32Array(2 * rows);
    }
    names.source = value;
    const { starts, ends } = names;
    const indexes = this.#indexes.values;
    const speeds = this.#speeds.values;
    const hashes = this.#hashes.values;
    const counters = this.#counters;
    for (let row = 0; row < rows && at <= value.length; row += 1) {
      indexes[row] = readInt();
      const length = readInt();
      const end = Math.min(at + Math.max(0, length), value.length);
      let hash = 1;
      starts[row] = at;
      for (; at < end; at += 1) hash = (Math.imul(31, hash) + ((value[at]! << 24) >> 24)) | 0;
      ends[row] = end;
      hashes[row] = hash;
      readInt();
      for (let metric = 0; metric < METRICS; metric += 1) {
        const { hi: highs, lo: lows, known } = counters[metric]!;
        readLong();
        highs[row] = hi;
        lows[row] = lo;
        known[row] = 1;
      }
      speeds[row] = readInt();
    }
  }
}

/** A zigzag varint of 32 bits. Past the end it reads zeros and moves on: whoever called looks at the position. */
function readInt(): number {
  let byte = bytes[at]!;
  at += 1;
  let zigzag = byte & 127;
  for (let shift = 7; byte >= 128 && shift < 35; shift += 7) {
    byte = bytes[at]!;
    at += 1;
    zigzag |= (byte & 127) << shift;
  }
  return (zigzag >>> 1) ^ -(zigzag & 1);
}

/** A zigzag varint of 64 bits to `hi` and `lo`, the halves of its two's complement. */
function readLong(): void {
  let byte = bytes[at]!;
  at += 1;
  let low = byte & 127; // bits 0-27
  let middle = 0; // bits 28-55
  let high = 0; // bits 56-63
  for (let shift = 7; byte >= 128 && shift <= MAX_SHIFT; shift += 7) {
    byte = bytes[at]!;
    at += 1;
    if (shift < 28) low |= (byte & 127) << shift;
    else if (shift < 56) middle |= (byte & 127) << (shift - 28);
    else high |= (byte & 127) << (shift - 56);
  }
  const zigzagLow = (low | (middle << 28)) >>> 0;
  const zigzagHigh = ((middle >>> 4) | (high << 24)) >>> 0;
  const sign = -(zigzagLow & 1);
  lo = (((zigzagLow >>> 1) | (zigzagHigh << 31)) ^ sign) >>> 0;
  hi = ((zigzagHigh >>> 1) ^ sign) >>> 0;
}

function skipBytes(): void {
  const length = readInt();
  at += Math.max(0, length);
}
