/**
 * Framed deviation and anomaly records of the peer's schemas straight from the columns of a Reading, into slabs that
 * are cut and never written again: what was given out stays valid until it is sent, and nothing is copied.
 */
import { HEADER_BYTES, writeHeader } from '../../../pipeline/codec/wire-format.ts';
import type { NumberColumn, Reading } from '../../../pipeline/model/reading.ts';
import { METRICS, OK, SCHEMA_IDS, scoreColumns } from './peer-topics.ts';
import type { RowNames } from './poll-reader.ts';

const SLAB_BYTES = 1 << 20;
/** A union's branch, two doubles and two floats. */
const SCORE_BYTES = 25;
/** Without the name: two varints of 32 bits, quality, the block of scores. */
const ROW_BYTES = 16 + METRICS * SCORE_BYTES;
/** Header, three varints of 64 bits, counts; without the entity. */
const ENVELOPE_BYTES = 64;

/** Columns of one metric's scores. */
interface Scores {
  readonly rate: NumberColumn;
  readonly expected: NumberColumn;
  readonly scale: NumberColumn;
  readonly sigma: NumberColumn;
}

export class ScoreWriter {
  readonly #reading: Reading;
  readonly #names: RowNames;
  readonly #indexes: NumberColumn;
  readonly #scores: readonly Scores[];
  #slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  #view = viewOf(this.#slab);
  #at = 0;

  /** The stages have added their columns. */
  constructor(reading: Reading, names: RowNames) {
    this.#reading = reading;
    this.#names = names;
    this.#indexes = reading.number('if_index');
    this.#scores = scoreColumns.map(({ rate, expected, scale, sigma }) => ({
      rate: reading.number(rate),
      expected: reading.number(expected),
      scale: reading.number(scale),
      sigma: reading.number(sigma),
    }));
  }

  /** All rows of the reading; the metrics of a row whose quality is not ok are null. */
  deviation(): Buffer {
    const { entity, pollId, observedAtMs, rowCount, quality } = this.#reading;
    const { source, starts, ends } = this.#names;
    const indexes = this.#indexes.values;
    const scores = this.#scores;
    const start = this.#begin(SCHEMA_IDS.deviation, entity, source.length + rowCount * ROW_BYTES);
    const slab = this.#slab;
    const view = this.#view;
    this.#writeLong(Number(pollId));
    this.#writeLong(observedAtMs);
    if (rowCount > 0) this.#writeInt(rowCount);
    for (let row = 0; row < rowCount; row += 1) {
      this.#writeInt(indexes[row]!);
      const from = starts[row]!;
      const length = ends[row]! - from;
      this.#writeInt(length);
      let at = this.#at;
      for (let byte = 0; byte < length; byte += 1) slab[at + byte] = source[from + byte]!;
      at += length;
      slab[at] = quality[row]! << 1;
      slab[at + 1] = METRICS << 1;
      at += 2;
      if (quality[row] === OK) {
        for (let metric = 0; metric < METRICS; metric += 1) {
          const { rate, expected, scale, sigma } = scores[metric]!;
          slab[at] = 2;
          view.setFloat64(at + 1, rate.values[row]!, true);
          view.setFloat64(at + 9, expected.values[row]!, true);
          view.setFloat32(at + 17, scale.values[row]!, true);
          view.setFloat32(at + 21, sigma.values[row]!, true);
          at += SCORE_BYTES;
        }
      } else {
        slab.fill(0, at, at + METRICS);
        at += METRICS;
      }
      slab[at] = 0;
      this.#at = at + 1;
    }
    slab[this.#at] = 0;
    this.#at += 1;
    return slab.subarray(start, this.#at);
  }

  /** One metric of one row that is beyond the limit. */
  anomaly(row: number, metric: number): Buffer {
    const { entity, observedAtMs } = this.#reading;
    const { rate, expected, scale, sigma } = this.#scores[metric]!;
    const start = this.#begin(SCHEMA_IDS.anomaly, entity, ROW_BYTES);
    this.#writeLong(observedAtMs);
    this.#writeInt(this.#indexes.values[row]!);
    this.#writeInt(metric);
    const view = this.#view;
    const at = this.#at;
    view.setFloat64(at, rate.values[row]!, true);
    view.setFloat64(at + 8, expected.values[row]!, true);
    view.setFloat32(at + 16, scale.values[row]!, true);
    view.setFloat32(at + 20, sigma.values[row]!, true);
    this.#at = at + SCORE_BYTES - 1;
    return this.#slab.subarray(start, this.#at);
  }

  /** Room for the record, its header and entity. @returns where it begins. */
  #begin(schemaId: number, entity: string, bytes: number): number {
    const needed = ENVELOPE_BYTES + 3 * entity.length + bytes;
    if (this.#at + needed > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, needed));
      this.#view = viewOf(this.#slab);
      this.#at = 0;
    }
    const start = this.#at;
    writeHeader(this.#slab.subarray(start, start + HEADER_BYTES), schemaId);
    this.#at += HEADER_BYTES;
    this.#writeInt(Buffer.byteLength(entity));
    this.#at += this.#slab.write(entity, this.#at);
    return start;
  }

  #writeInt(value: number): void {
    const slab = this.#slab;
    let at = this.#at;
    let rest = ((value << 1) ^ (value >> 31)) >>> 0;
    while (rest > 127) {
      slab[at] = (rest & 127) | 128;
      at += 1;
      rest >>>= 7;
    }
    slab[at] = rest;
    this.#at = at + 1;
  }

  /** An integer within 2^52, not negative: times and poll numbers. */
  #writeLong(value: number): void {
    const slab = this.#slab;
    let rest = value * 2;
    while (rest > 127) {
      slab[this.#at] = (rest % 128) | 128;
      this.#at += 1;
      rest = Math.floor(rest / 128);
    }
    slab[this.#at] = rest;
    this.#at += 1;
  }
}

function viewOf(slab: Buffer): DataView {
  return new DataView(slab.buffer, slab.byteOffset, slab.length);
}
