/** Files and standard input, one after the other, whatever form their rows have. */
import { basename } from 'node:path';
import { ConfigError } from '../../model/errors.ts';
import { DelimitedLines } from './delimited-lines.ts';
import { BrokenGzip, fileChunks, sizeOf, STANDARD_INPUT } from './file-chunks.ts';
import { JsonList } from './json-list.ts';
import { JsonRows } from './json-rows.ts';
import type { FileOptions } from './row-intake.ts';
import { LimitReached } from './sample.ts';
import { readLines, type LineSink } from './text-lines.ts';

export interface ReadOptions extends Omit<FileOptions, 'file' | 'entity'> {
  /** Of all files: bytes as they lie on the disk, undefined where one has no size; and rows so far. */
  readonly onProgress?: (readBytes: number, ofBytes: number | undefined, rows: number) => void;
  /** A file that cannot be understood; the others are read all the same. */
  readonly onRefused: (error: ConfigError) => void;
}

/** @throws ConfigError for a file that is not there, before any is read. */
export async function readFiles(files: readonly string[], options: ReadOptions): Promise<void> {
  const { onProgress = () => undefined, onRefused, ...reading } = options;
  const sizes = await Promise.all(files.map(sizeOf));
  const all = sizes.includes(undefined) ? undefined : sizes.reduce<number>((sum, size) => sum + size!, 0);
  const entities = entityNames(files);
  let read = 0;
  let before = 0;
  for (const [index, file] of files.entries()) {
    const name = file === STANDARD_INPUT ? 'standard input' : file;
    const chunks = fileChunks(file, (bytes) => (read += bytes));
    const rows = new FileRows({ ...reading, file: name, entity: entities[index]! });
    try {
      await readLines(name, chunks, rows, () => onProgress(read, all, before + rows.lines));
    } catch (error) {
      if (error instanceof BrokenGzip) rows.cutOff(error);
      else {
        onRefused(refusal(error));
        continue;
      }
    }
    before += rows.lines;
    try {
      rows.end();
    } catch (error) {
      onRefused(refusal(error));
    }
  }
}

/** What is wrong with one file alone. @throws what is wrong with all of it. */
function refusal(error: unknown): ConfigError {
  if (error instanceof ConfigError && !(error instanceof LimitReached)) return error;
  throw error;
}

/** By its first line a file is JSON or has a delimiter. */
class FileRows implements LineSink {
  readonly #options: FileOptions;
  #sink: (LineSink & { end(): void }) | undefined;
  /** Those so far. */
  lines = 0;

  constructor(options: FileOptions) {
    this.#options = options;
  }

  line(text: string, number: number): void {
    this.lines = number;
    if (this.#sink === undefined && text.trim() === '') return;
    this.#sink ??= this.#readerOf(text.trimStart());
    this.#sink.line(text, number);
  }

  tooLong(number: number, beginning: string): void {
    this.lines = number;
    this.#sink ??= this.#readerOf(beginning.trimStart());
    this.#sink.tooLong(number, beginning);
  }

  end(): void {
    this.#sink ??= this.#readerOf('');
    this.#sink.end();
  }

  /** The file ends before its end. */
  cutOff({ message }: BrokenGzip): void {
    const { sink, file } = this.#options;
    sink.problem({ file, line: this.lines + 1, reason: `the gzip data end here: ${message}` });
  }

  #readerOf(text: string): LineSink & { end(): void } {
    if (text.startsWith('{')) return new JsonRows(this.#options);
    if (/^\[\s*(\{|$)/.test(text)) return new JsonList(new JsonRows(this.#options), this.#options);
    return new DelimitedLines(this.#options);
  }
}

/** Series of two files are two, whatever they are called in them: by the file's name, or its path if two share one. */
function entityNames(files: readonly string[]): string[] {
  const short = files.map((file) =>
    file === STANDARD_INPUT ? 'stdin' : basename(file).replace(/(?<=.)\..*$/, ''),
  );
  return short.map((name, index) =>
    short.filter((one) => one === name).length === 1 ? name : files[index]!,
  );
}
