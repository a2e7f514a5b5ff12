/** Strings by their UTF-8 bytes: names that come with every record are decoded once. Bounded: one entry a hash. */
import { textEquals } from '../../model/reading.ts';

const ENTRIES = 1 << 13;
/** Longer texts are rare and cost more to hash than to decode. */
const MAX_BYTES = 64;

export class TextCache {
  readonly #texts: string[] = new Array<string>(ENTRIES).fill('');

  /** Bytes start..end-1 as a string. What is no UTF-8 becomes U+FFFD. */
  text(bytes: Buffer, start: number, end: number): string {
    if (end - start > MAX_BYTES) return bytes.toString('utf8', start, end);
    let hash = end - start;
    for (let at = start; at < end; at += 1) hash = (Math.imul(hash, 31) + bytes[at]!) | 0;
    const entry = (hash ^ (hash >>> 13)) & (ENTRIES - 1);
    const cached = this.#texts[entry]!;
    if (textEquals(bytes, start, end, cached)) return cached;
    const text = bytes.toString('utf8', start, end);
    this.#texts[entry] = text;
    return text;
  }
}
