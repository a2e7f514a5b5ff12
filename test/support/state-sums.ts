/** The state of a processor as checksums: two states are the same if these are. */
import { inspect } from 'node:util';
import { deserialize } from 'node:v8';
import { crc32 } from 'node:zlib';

const ALL = { depth: Infinity, maxArrayLength: Infinity, maxStringLength: Infinity } as const;

/** By unit. Objects have several encodings, so theirs is of what they are. */
export function stateSums(processor: { wholeState(): Map<string, Uint8Array> }): Map<string, number> {
  return new Map(
    Array.from(processor.wholeState(), ([name, bytes]) => [
      name,
      /^(objects|directory|polls|keys)\./.test(name) ? crc32(inspect(deserialize(bytes), ALL)) : crc32(bytes),
    ]),
  );
}
