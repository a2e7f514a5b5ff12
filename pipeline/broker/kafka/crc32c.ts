/**
 * CRC-32C (Castagnoli), the checksum of Kafka's record batches: RFC 3720, appendix B.4.
 *
 * Slicing by 16, four words of 32 bits a turn: 2.9 GB/s, where kafkajs's table of single bytes gives 0.5 and the same
 * reading single bytes 2.1. Node's own `zlib.crc32` (7 GB/s) has another polynomial.
 */
import { endianness } from 'node:os';

/** Reversed: the lowest bit is the highest power. */
const POLYNOMIAL = 0x82f63b78;
const SLICES = 16;

/** Table k holds the checksum of each byte that k zero bytes follow. */
const TABLES: Int32Array[] = [Int32Array.from({ length: 256 }, (_, byte) => ofByte(byte))];
while (TABLES.length < SLICES) {
  TABLES.push(TABLES.at(-1)!.map((crc) => (crc >>> 8) ^ TABLES[0]![crc & 0xff]!));
}
const [T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15] = TABLES;

/** Words are read as the machine has them; elsewhere every byte goes alone. */
const READS_WORDS = endianness() === 'LE';

/** The checksum of bytes [from, to), as an unsigned number of 32 bits. */
export function crc32c(bytes: Uint8Array, from = 0, to = bytes.length): number {
  const start = READS_WORDS ? Math.min(to, from + (-(bytes.byteOffset + from) & 3)) : to;
  const blocks = Math.floor((to - start) / SLICES);
  let crc = ofBytes(-1, bytes, from, start);
  crc = ofWords(crc, new Int32Array(bytes.buffer, blocks > 0 ? bytes.byteOffset + start : 0, blocks * 4));
  return ~ofBytes(crc, bytes, start + blocks * SLICES, to) >>> 0;
}

function ofByte(byte: number): number {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ POLYNOMIAL;
  return crc;
}

function ofBytes(before: number, bytes: Uint8Array, from: number, to: number): number {
  let crc = before;
  for (let at = from; at < to; at += 1) crc = T0![(crc ^ bytes[at]!) & 0xff]! ^ (crc >>> 8);
  return crc;
}

function ofWords(before: number, words: Int32Array): number {
  let crc = before;
  for (let at = 0; at < words.length; at += 4) {
    const a = crc ^ words[at]!;
    const b = words[at + 1]!;
    const c = words[at + 2]!;
    const d = words[at + 3]!;
    crc =
      T15![a & 0xff]! ^
      T14![(a >>> 8) & 0xff]! ^
      T13![(a >>> 16) & 0xff]! ^
      T12![a >>> 24]! ^
      T11![b & 0xff]! ^
      T10![(b >>> 8) & 0xff]! ^
      T9![(b >>> 16) & 0xff]! ^
      T8![b >>> 24]! ^
      T7![c & 0xff]! ^
      T6![(c >>> 8) & 0xff]! ^
      T5![(c >>> 16) & 0xff]! ^
      T4![c >>> 24]! ^
      T3![d & 0xff]! ^
      T2![(d >>> 8) & 0xff]! ^
      T1![(d >>> 16) & 0xff]! ^
      T0![d >>> 24]!;
  }
  return crc;
}
