/** Files and standard input, gzip or not, by what their first bytes say. */
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { ConfigError } from '../../model/errors.ts';
import { readDelimited, type FileOptions } from './delimited.ts';
import { readJsonLines } from './json-lines.ts';

/** Instead of a file's name. */
export const STANDARD_INPUT = '-';

const GZIP = Buffer.from([0x1f, 0x8b]);
export interface ReadOptions extends Omit<FileOptions, 'file' | 'entity'> {
  /** Of all files, as they lie on the disk; undefined for standard input. */
  readonly onProgress?: (readBytes: number, ofBytes: number | undefined) => void;
}

/** Reads them one after the other. @throws ConfigError naming the file that cannot be read or understood. */
export async function readFiles(files: readonly string[], options: ReadOptions): Promise<void> {
  const { onProgress = () => undefined, ...reading } = options;
  const sizes = await Promise.all(files.map(sizeOf));
  const all = sizes.includes(undefined) ? undefined : sizes.reduce<number>((sum, size) => sum + size!, 0);
  let before = 0;
  for (const [index, file] of files.entries()) {
    const source = file === STANDARD_INPUT ? process.stdin : createReadStream(file);
    let read = 0;
    source.on('data', (chunk: Buffer | string) => {
      read += chunk.length;
      onProgress(before + read, all);
    });
    const name = file === STANDARD_INPUT ? 'standard input' : file;
    // Series of two files are two, whatever they are called in them.
    const entity = files.length === 1 ? '' : basename(name).replace(/\..*$/, '');
    await readStream(source, { ...reading, file: name, entity });
    before += sizes[index] ?? read;
  }
}

async function readStream(source: Readable, options: FileOptions): Promise<void> {
  const raw = await peeked(source);
  const isPacked = raw.first.subarray(0, 2).equals(GZIP);
  const plain = isPacked ? createGunzip() : undefined;
  const unpacking = plain && pipeline(raw.stream, plain);
  // A failure of it ends what reads from it, too.
  unpacking?.catch(() => undefined);
  try {
    const { first, stream } = plain === undefined ? raw : await peeked(plain);
    const text = first.toString('utf8').replace(/^\uFEFF/, '');
    if (text.trimStart().startsWith('{')) await readJsonLines(stream, options);
    else await readDelimited(stream, text, options);
    await unpacking;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code?.startsWith('Z_') === true)
      throw new ConfigError(`${options.file} is no whole gzip file: ${(error as Error).message}`, {
        cause: error,
      });
    throw error;
  }
}

/** The first bytes of a stream, and a stream of all of them. */
async function peeked(source: Readable): Promise<{ readonly first: Buffer; readonly stream: Readable }> {
  const stream = new PassThrough();
  const flowing = pipeline(source, stream);
  // Whoever reads the stream gets the failure.
  flowing.catch(() => undefined);
  // Also at its end.
  await once(stream, 'readable');
  const first = (stream.read() as Buffer | null) ?? Buffer.alloc(0);
  if (first.length > 0) stream.unshift(first);
  return { first, stream };
}

async function sizeOf(file: string): Promise<number | undefined> {
  if (file === STANDARD_INPUT) return undefined;
  try {
    const found = await stat(file);
    if (!found.isFile()) throw new ConfigError(`${file} is no file`);
    return found.size;
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(
      `${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
      {
        cause: error,
      },
    );
  }
}
