/** Kafka's zigzag varints, and byte strings with such a length. */

export class VarintReader {
  /** Where the next read starts. */
  at: number;
  readonly #data: Buffer;

  constructor(data: Buffer, at: number) {
    this.#data = data;
    this.at = at;
  }

  /** The next varint or varlong; exact up to 2^52. */
  next(): number {
    const data = this.#data;
    let byte = data[this.at++]!;
    let raw = byte & 0x7f;
    // Shifts hold for four groups of seven bits; longer ones are rare (time deltas of weeks).
    for (let shift = 7; byte >= 0x80 && shift < 28; shift += 7) {
      byte = data[this.at++]!;
      raw |= (byte & 0x7f) << shift;
    }
    for (let factor = 2 ** 28; byte >= 0x80; factor *= 128) {
      byte = data[this.at++]!;
      raw += (byte & 0x7f) * factor;
    }
    return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2;
  }

  /** A length and as many bytes; null for length -1. */
  bytes(): Buffer | null {
    const length = this.next();
    if (length < 0) return null;
    const start = this.at;
    this.at = start + length;
    return this.#data.subarray(start, this.at);
  }
}
