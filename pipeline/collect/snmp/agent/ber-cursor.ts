/** Reading BER of SNMP: bounded, never throwing. */

const INTEGER = 0x02;

/** A position in BER. After the first thing that does not fit it has `failed`, and what it gives is worthless. */
export class BerCursor {
  at: number;
  readonly #bytes: Uint8Array;
  #failed = false;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  failed(): boolean {
    return this.#failed;
  }

  /** Steps behind tag and length; gives where the content ends (definite lengths only, RFC 3417 8). */
  enter(tag: number): number {
    const bytes = this.#bytes;
    if (bytes[this.at] !== tag || this.at + 1 >= bytes.length) return this.#fail();
    const short = bytes[this.at + 1]!;
    this.at += 2;
    let length = short;
    if (short >= 0x80) {
      const octets = short & 0x7f;
      if (octets < 1 || octets > 3 || this.at + octets > bytes.length) return this.#fail();
      length = 0;
      for (let i = 0; i < octets; i += 1) length = length * 256 + bytes[this.at + i]!;
      this.at += octets;
    }
    const end = this.at + length;
    return end > bytes.length ? this.#fail() : end;
  }

  /** Steps behind an element of octets; gives its content. */
  octets(tag: number): Uint8Array {
    const end = this.enter(tag);
    const content = this.#bytes.subarray(this.at, this.#failed ? this.at : end);
    if (!this.#failed) this.at = end;
    return content;
  }

  /** A signed integer of up to 32 bits. */
  integer(): number {
    const end = this.enter(INTEGER);
    const length = end - this.at;
    if (this.#failed || length < 1 || length > 4) return this.#fail();
    let value = (this.#bytes[this.at]! << 24) >> 24;
    for (let i = 1; i < length; i += 1) value = (value << 8) | this.#bytes[this.at + i]!;
    this.at = end;
    return value;
  }

  #fail(): number {
    this.#failed = true;
    return -1;
  }
}
