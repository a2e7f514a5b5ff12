/** The bytes of a unit: put together column by column, and taken apart again. */
import { PermanentError } from '../model/errors.ts';

/** A unit as far as it matters here. */
interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export class Copy {
  readonly bytes: Uint8Array;
  #at = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
  }

  add(part: Uint8Array): void {
    this.bytes.set(part, this.#at);
    this.#at += part.length;
  }
}

/** @throws PermanentError when more is taken than there is. */
export class Source {
  readonly #saved: NamedBytes;
  #at = 0;

  constructor(saved: NamedBytes) {
    this.#saved = saved;
  }

  take(size: number): Uint8Array {
    const { name, bytes } = this.#saved;
    this.#at += size;
    if (this.#at > bytes.length)
      throw new PermanentError(`the checkpoint's unit ${name} is cut at ${bytes.length} bytes`);
    return bytes.subarray(this.#at - size, this.#at);
  }
}
