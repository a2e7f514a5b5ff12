/** Writes Kafka's types into a buffer that is large enough: the functions beside it say how large. */

/** What stands in a record as bytes; text as UTF-8. */
export type Bytes = Uint8Array | string | null | undefined;

export class ByteWriter {
  readonly bytes: Buffer;
  /** Where the next write goes. */
  at: number;

  constructor(bytes: Buffer, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  int8(value: number): void {
    this.at = this.bytes.writeInt8(value, this.at);
  }

  int16(value: number): void {
    this.at = this.bytes.writeInt16BE(value, this.at);
  }

  int32(value: number): void {
    this.at = this.bytes.writeInt32BE(value, this.at);
  }

  int64(value: bigint): void {
    this.at = this.bytes.writeBigInt64BE(value, this.at);
  }

  /** With its length as an int16; -1 for none. */
  string(text: string | null | undefined): void {
    this.int16(text === null || text === undefined ? -1 : Buffer.byteLength(text));
    if (text !== null && text !== undefined) this.at += this.bytes.write(text, this.at);
  }

  /** A zigzag varint of 32 bits. */
  varint(value: number): void {
    let left = ((value << 1) ^ (value >> 31)) >>> 0;
    for (; left > 0x7f; left >>>= 7) this.bytes[this.at++] = (left & 0x7f) | 0x80;
    this.bytes[this.at++] = left;
  }

  /** A zigzag varint of up to 53 bits. */
  varlong(value: number): void {
    let left = zigzag53(value);
    for (; left > 0x7f; left = Math.floor(left / 128)) this.bytes[this.at++] = (left % 128) | 0x80;
    this.bytes[this.at++] = left;
  }

  /** With its length as a varint; -1 for none. */
  varbytes(value: Bytes): void {
    if (value === null || value === undefined) {
      this.varint(-1);
    } else if (typeof value === 'string') {
      this.varint(Buffer.byteLength(value));
      this.at += this.bytes.write(value, this.at);
    } else {
      this.varint(value.length);
      this.raw(value);
    }
  }

  raw(value: Uint8Array): void {
    this.bytes.set(value, this.at);
    this.at += value.length;
  }
}

export function stringBytes(text: string | null | undefined): number {
  return 2 + (text === null || text === undefined ? 0 : Buffer.byteLength(text));
}

export function varintBytes(value: number): number {
  const bits = 32 - Math.clz32((value << 1) ^ (value >> 31));
  return bits === 0 ? 1 : Math.ceil(bits / 7);
}

export function varlongBytes(value: number): number {
  let bytes = 1;
  for (let left = zigzag53(value); left > 0x7f; left = Math.floor(left / 128)) bytes += 1;
  return bytes;
}

export function varbytesBytes(value: Bytes): number {
  if (value === null || value === undefined) return 1;
  const length = typeof value === 'string' ? Buffer.byteLength(value) : value.length;
  return varintBytes(length) + length;
}

function zigzag53(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}
