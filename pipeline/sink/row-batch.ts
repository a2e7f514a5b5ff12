/**
 * Encoded rows of one table with their origins: any row can be taken out again (its partition was lost, the server
 * refused it) without encoding the others anew.
 */
import { COPY_HEADER, COPY_TRAILER, CopyBuffer } from './copy-buffer.ts';

/** One CopyData message: the server parses one while the next is on its way. */
const CHUNK_BYTES = 1 << 18;
const INITIAL_ROWS = 1024;

export class RowBatch {
  readonly out = new CopyBuffer();
  /** Partitions that the rows need: days since 1970-01-01. */
  readonly days = new Set<number>();
  #rows = 0;
  #live = 0;
  #start = 0;
  #ends = new Float64Array(INITIAL_ROWS);
  #records = new Int32Array(INITIAL_ROWS);
  #rowNumbers = new Int32Array(INITIAL_ROWS);
  #dropped = new Uint8Array(INITIAL_ROWS);

  /** Rows that were not dropped. */
  get live(): number {
    return this.#live;
  }

  /** Rows ever added, dropped ones included: grows with each row until `clear`. */
  get added(): number {
    return this.#rows;
  }

  get byteLength(): number {
    return this.out.length;
  }

  begin(): void {
    this.#start = this.out.length;
  }

  /** Takes back what was written since `begin`. */
  undo(): void {
    this.out.length = this.#start;
  }

  /** The row written since `begin` is row `rowNumber` of the flush's record `record`. */
  end(record: number, rowNumber: number): void {
    const row = this.#rows;
    if (row === this.#ends.length) this.#grow();
    this.#ends[row] = this.out.length;
    this.#records[row] = record;
    this.#rowNumbers[row] = rowNumber;
    this.#dropped[row] = 0;
    this.#rows += 1;
    this.#live += 1;
  }

  /** Where the n-th live row (from 0) comes from. */
  origin(n: number): { row: number; record: number; rowNumber: number } | undefined {
    let live = -1;
    for (let row = 0; row < this.#rows; row += 1) {
      if (this.#dropped[row] === 0) live += 1;
      if (live === n) return { row, record: this.#records[row]!, rowNumber: this.#rowNumbers[row]! };
    }
    return undefined;
  }

  drop(row: number): void {
    if (this.#dropped[row] === 1) return;
    this.#dropped[row] = 1;
    this.#live -= 1;
  }

  /** Drops the rows whose record the caller gives up. */
  dropRecords(isGivenUp: (record: number) => boolean): void {
    for (let row = 0; row < this.#rows; row += 1) if (isGivenUp(this.#records[row]!)) this.drop(row);
  }

  /** A whole COPY stream of the first `count` live rows. Valid until the next change of the batch. */
  chunks(count = this.#live): Buffer[] {
    const chunks: Buffer[] = [COPY_HEADER];
    let from = 0; // of a run of live rows
    let to = 0;
    const send = () => {
      for (let at = from; at < to; at += CHUNK_BYTES) {
        chunks.push(this.out.bytes.subarray(at, Math.min(at + CHUNK_BYTES, to)));
      }
    };
    for (let row = 0, taken = 0; row < this.#rows && taken < count; row += 1) {
      const end = this.#ends[row]!;
      if (this.#dropped[row] === 0) {
        to = end;
        taken += 1;
      } else {
        send();
        from = to = end;
      }
    }
    send();
    chunks.push(COPY_TRAILER);
    return chunks;
  }

  clear(): void {
    this.out.clear();
    this.days.clear();
    this.#rows = 0;
    this.#live = 0;
    this.#start = 0;
  }

  #grow(): void {
    const rows = this.#ends.length * 2;
    const copy = <T extends { set(from: T): void }>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.#ends = copy(this.#ends, new Float64Array(rows));
    this.#records = copy(this.#records, new Int32Array(rows));
    this.#rowNumbers = copy(this.#rowNumbers, new Int32Array(rows));
    this.#dropped = copy(this.#dropped, new Uint8Array(rows));
  }
}
