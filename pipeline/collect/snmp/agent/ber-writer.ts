/**
 * BER written from the last octet to the first: when a header is due, the length of its content is known, so each
 * length and integer takes its shortest form without a second pass.
 */

export class BerWriter {
  readonly #bytes: Uint8Array;
  /** Where the written part starts; negative once it did not fit. */
  start: number;

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
    this.start = capacity;
  }

  /** Octets written so far; more than the capacity when they did not fit. */
  get length(): number {
    return this.#bytes.length - this.start;
  }

  clear(): void {
    this.start = this.#bytes.length;
  }

  /** A copy of what was written. */
  toBuffer(): Buffer {
    const copy = Buffer.allocUnsafe(this.length);
    copy.set(this.#bytes.subarray(this.start));
    return copy;
  }

  /** Tag and length of the content that was written since `length` was `before`. */
  header(tag: number, before: number): void {
    const length = this.length - before;
    if (length < 0x80) {
      this.#byte(length);
    } else if (length < 0x100) {
      this.#byte(length);
      this.#byte(0x81);
    } else if (length < 0x10000) {
      this.#byte(length);
      this.#byte(length >>> 8);
      this.#byte(0x82);
    } else {
      this.#byte(length);
      this.#byte(length >>> 8);
      this.#byte(length >>> 16);
      this.#byte(0x83);
    }
    this.#byte(tag);
  }

  /** Octets as they are. A loop: most are OIDs of a dozen octets, where `set` costs more. */
  octets(content: Uint8Array): void {
    const bytes = this.#bytes;
    let at = this.start;
    for (let i = content.length - 1; i >= 0; i -= 1) bytes[(at -= 1)] = content[i]!;
    this.start = at;
  }

  /** INTEGER of 32 bits, two's complement. */
  integer(value: number): void {
    let rest = value | 0;
    let count = 0;
    let octet: number;
    do {
      octet = rest & 0xff;
      this.#byte(octet);
      rest >>= 8;
      count += 1;
    } while (rest !== (octet & 0x80 ? -1 : 0));
    this.#byte(count);
    this.#byte(0x02);
  }

  /** An unsigned value of 32 bits: Counter32, Gauge32, TimeTicks. */
  unsigned32(tag: number, value: number): void {
    const count = this.#unsigned(value >>> 0);
    this.#byte(count);
    this.#byte(tag);
  }

  /** An unsigned value of 64 bits in halves: Counter64. */
  unsigned64(tag: number, hi: number, lo: number): void {
    if (hi >>> 0 === 0) {
      this.unsigned32(tag, lo);
      return;
    }
    for (let shift = 0; shift < 32; shift += 8) this.#byte(lo >>> shift);
    const count = 4 + this.#unsigned(hi >>> 0);
    this.#byte(count);
    this.#byte(tag);
  }

  /** Octets without leading zeros, but one zero where the first would look negative. */
  #unsigned(value: number): number {
    let rest = value;
    let count = 0;
    let octet: number;
    do {
      octet = rest & 0xff;
      this.#byte(octet);
      rest >>>= 8;
      count += 1;
    } while (rest !== 0);
    if (octet >= 0x80) {
      this.#byte(0);
      count += 1;
    }
    return count;
  }

  // Below 0 the write is lost; `length` then exceeds the capacity, which the caller checks.
  #byte(octet: number): void {
    this.#bytes[(this.start -= 1)] = octet;
  }
}
