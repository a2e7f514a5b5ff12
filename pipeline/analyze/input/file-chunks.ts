/** The bytes of a file or of standard input, unpacked if they are gzip's, whatever the file is called. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { ConfigError } from '../../model/errors.ts';

/** Instead of a file's name. */
export const STANDARD_INPUT = '-';

const GZIP = [0x1f, 0x8b] as const;
const READ_BYTES = 1 << 18;
/** A pipe's first piece may be a byte: what tells formats apart takes more. */
const FIRST_BYTES = 4096;

/** A gzip file that ends before its end, or is none after its first bytes. */
export class BrokenGzip extends Error {
  override readonly name = 'BrokenGzip';
}

/** Bytes on the disk; undefined for what is no plain file. @throws ConfigError for what cannot be read. */
export async function sizeOf(file: string): Promise<number | undefined> {
  if (file === STANDARD_INPUT) return undefined;
  let found;
  try {
    found = await stat(file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw new ConfigError(`${file} is not there`);
    throw new ConfigError(`${file} cannot be read`, { cause });
  }
  if (found.isDirectory()) throw new ConfigError(`${file} is a folder: name the files in it`);
  return found.isFile() ? found.size : undefined;
}

/**
 * `onRead` is told of bytes as they lie on the disk. @throws BrokenGzip after what could be unpacked; ConfigError for a
 * file that cannot be read.
 */
export async function* fileChunks(file: string, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  const source: Readable =
    file === STANDARD_INPUT ? process.stdin : createReadStream(file, { highWaterMark: READ_BYTES });
  const raw = firstJoined(counted(source, onRead));
  const first = await raw.next().catch((cause: unknown) => {
    throw new ConfigError(`${file} cannot be read`, { cause });
  });
  if (first.done === true) return;
  const isPacked = GZIP.every((byte, at) => first.value[at] === byte);
  const all = before(first.value, raw);
  yield* isPacked ? unpacked(all) : all;
}

async function* counted(source: Readable, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of source as AsyncIterable<Buffer>) {
    onRead(chunk.length);
    yield chunk;
  }
}

async function* firstJoined(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let first: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of source) {
    if (first === undefined) yield chunk;
    else {
      first = Buffer.concat([first, chunk]);
      if (first.length < FIRST_BYTES) continue;
      yield first;
      first = undefined;
    }
  }
  if (first !== undefined && first.length > 0) yield first;
}

async function* before(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

async function* unpacked(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const plain = createGunzip({ chunkSize: READ_BYTES });
  const flowing = pipeline(Readable.from(source), plain);
  // Whoever reads the plain bytes gets the failure.
  flowing.catch(() => undefined);
  try {
    yield* firstJoined(plain as AsyncIterable<Buffer>);
    await flowing;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code?.startsWith('Z_') === true) throw new BrokenGzip(message, { cause });
    throw cause;
  }
}
