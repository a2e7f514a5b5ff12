/** Bytes as lines of text: decoded, numbered from 1, none longer than what may be held in memory. */
import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import { ConfigError } from '../../model/errors.ts';

/** Longer lines are no rows. */
const MAX_LINE_CHARACTERS = 1 << 20;
/** But a JSON list may be one line. */
const MAX_LIST_CHARACTERS = 1 << 27;
/** Of a line that is too long, its beginning tells what it was. */
const BEGINNING_CHARACTERS = 100;

export interface LineSink {
  line(text: string, number: number): void;
  /** A line that is left out: it is too long. `beginning`: of it. */
  tooLong(number: number, beginning: string): void;
}

/**
 * `chunks`: of one file, the first as long as it may be. Every line is sent before the next chunk is asked for.
 * @throws ConfigError when it is no text.
 */
export async function readLines(
  file: string,
  chunks: AsyncIterable<Buffer>,
  sink: LineSink,
  onChunk: () => void = () => undefined,
): Promise<void> {
  let decoder: TextDecoder | undefined;
  let lines: Lines | undefined;
  for await (const chunk of chunks) {
    decoder ??= new TextDecoder(encodingOf(file, chunk));
    const text = decoder.decode(chunk, { stream: true });
    lines ??= new Lines(sink, text);
    lines.push(text);
    onChunk();
  }
  lines?.push(decoder!.decode());
  lines?.end();
}

class Lines {
  readonly #sink: LineSink;
  readonly #end: string;
  readonly #longest: number;
  #rest = '';
  #number = 1;
  /** The beginning of a line that is too long and has not ended yet. */
  #skipped: string | undefined;

  /** `first`: the beginning of the text, which tells how its lines end. */
  constructor(sink: LineSink, first: string) {
    this.#sink = sink;
    this.#end = first.includes('\r') && !first.includes('\n') ? '\r' : '\n';
    this.#longest = first.trimStart().startsWith('[') ? MAX_LIST_CHARACTERS : MAX_LINE_CHARACTERS;
  }

  push(text: string): void {
    let from = 0;
    for (let at = text.indexOf(this.#end); at >= 0; at = text.indexOf(this.#end, from)) {
      this.#send(this.#rest === '' ? text.slice(from, at) : this.#rest + text.slice(from, at));
      this.#rest = '';
      from = at + 1;
    }
    this.#rest += text.slice(from);
    if (this.#rest.length <= this.#longest) return;
    this.#skipped ??= this.#rest.slice(0, BEGINNING_CHARACTERS);
    this.#rest = '';
  }

  end(): void {
    if (this.#rest !== '' || this.#skipped !== undefined) this.#send(this.#rest);
  }

  #send(line: string): void {
    const skipped = this.#skipped ?? (line.length > this.#longest ? line : undefined);
    if (skipped === undefined) this.#sink.line(line.endsWith('\r') ? line.slice(0, -1) : line, this.#number);
    else this.#sink.tooLong(this.#number, skipped.slice(0, BEGINNING_CHARACTERS));
    this.#skipped = undefined;
    this.#number += 1;
  }
}

/** What begins files that people take for text, and what to do about them. */
const OTHER_FORMATS: readonly (readonly [bytes: readonly number[], what: string])[] = [
  [[0x50, 0x4b, 0x03, 0x04], 'a zip archive or a spreadsheet: unpack it, or save the sheet as CSV'],
  [[0xd0, 0xcf, 0x11, 0xe0], 'a spreadsheet: save the sheet as CSV'],
  [[0x50, 0x41, 0x52, 0x31], 'Parquet: export it as CSV'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'packed by zstd: unpack it first, "zstd -dc FILE | netsigma analyze -"'],
  [[0xfd, 0x37, 0x7a, 0x58], 'packed by xz: unpack it first, "xz -dc FILE | netsigma analyze -"'],
  [[0x42, 0x5a, 0x68], 'packed by bzip2: unpack it first, "bzip2 -dc FILE | netsigma analyze -"'],
];

/** UTF-8 unless the bytes say otherwise: UTF-16 by its mark, else the one byte a letter of older programs. */
function encodingOf(file: string, first: Buffer): string {
  const other = OTHER_FORMATS.find(([bytes]) => bytes.every((byte, at) => first[at] === byte));
  if (other !== undefined) throw new ConfigError(`${file} is ${other[1]}`);
  if (first[0] === 0xff && first[1] === 0xfe) return 'utf-16le';
  if (first[0] === 0xfe && first[1] === 0xff) return 'utf-16be';
  if (first.includes(0)) throw new ConfigError(`${file} is no text: it has zero bytes in it`);
  // The last letter may be cut.
  const isCutUtf8 = [0, 1, 2, 3].some((cut) => isUtf8(first.subarray(0, first.length - cut)));
  return isCutUtf8 ? 'utf-8' : 'windows-1252';
}
