/** JSON: an object a line (or one list of them), in long form or wide, keys named as the columns of a table would be. */
import { ConfigError } from '../../model/errors.ts';
import { RowIntake, type FileOptions } from './row-intake.ts';
import type { LineSink } from './text-lines.ts';

/** Objects whose keys are the columns: others that come later are not looked at. */
const FIRST_OBJECTS = 2_000;
const FIRST_CHARACTERS = 4_000_000;
/** Integers beyond 2^53 are rounded by JSON.parse: counters have them. */
const LARGE_INTEGER = /\d{16}/;
/** Of keys of objects within objects. */
const KEY_SEPARATOR = '.';
const MAX_DEPTH = 8;

type Row = Readonly<Record<string, unknown>>;

export class JsonRows implements LineSink {
  readonly #options: FileOptions;
  #early: { readonly row: Map<string, string>; readonly line: number }[] = [];
  #characters = 0;
  /** Of the first object that has one: the key of a list of objects. */
  #list: string | undefined;
  #head: string[] = [];
  #intake: RowIntake | undefined;

  constructor(options: FileOptions) {
    this.#options = options;
  }

  /** @throws ConfigError when what the keys mean cannot be told. */
  line(text: string, line: number): void {
    if (text.trim() === '') return;
    const { sink, file } = this.#options;
    const row = objectOf(text);
    if (row === undefined) sink.problem({ file, line, reason: 'this is no JSON object' });
    else this.row(row, line, text.length);
  }

  tooLong(line: number): void {
    const { sink, file } = this.#options;
    sink.problem({ file, line, reason: 'the line is too long' });
  }

  /** `characters`: how long it is as text. */
  row(object: Row, line: number, characters = 0): void {
    const row = new Map<string, string>();
    flatten(object, '', 0, row);
    if (this.#intake === undefined) this.#list ??= listIn(object);
    if (this.#intake !== undefined) {
      this.#intake.take(this.#cells(row), line);
      return;
    }
    this.#early.push({ row, line });
    this.#characters += characters;
    if (this.#early.length === FIRST_OBJECTS || this.#characters >= FIRST_CHARACTERS) this.#begin();
  }

  /** No more lines come. @throws ConfigError as `line`. */
  end(): void {
    if (this.#intake === undefined) this.#begin();
    this.#intake!.end();
  }

  #begin(): void {
    const { file } = this.#options;
    if (this.#early.length === 0)
      throw new ConfigError(
        `${file} has no line that is a JSON object: write an object a line, as by "jq -c" of what holds them`,
      );
    if (this.#early.length === 1 && this.#list !== undefined)
      throw new ConfigError(
        `${file} is one JSON object, and a list within it ("${this.#list}") is not read: write an object a line, as by "jq -c '${jqPath(this.#list)}[]'"`,
      );
    this.#head = [...new Set(this.#early.flatMap(({ row }) => [...row.keys()]))];
    this.#intake = new RowIntake(this.#head, '', this.#options);
    for (const { row, line } of this.#early) this.#intake.take(this.#cells(row), line);
    this.#early = [];
  }

  #cells(row: ReadonlyMap<string, string>): string[] {
    return this.#head.map((name) => row.get(name) ?? '');
  }
}

function objectOf(text: string): Row | undefined {
  try {
    const value: unknown = LARGE_INTEGER.test(text) ? JSON.parse(text, exactly) : JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Integers that a number cannot hold stay the text that they are. */
function exactly(_key: string, value: unknown, { source }: { source?: string } = {}): unknown {
  const isRounded = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
  return isRounded && source !== undefined && /^\d+$/.test(source) ? source : value;
}

function isObject(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function flatten(object: Row, prefix: string, depth: number, into: Map<string, string>): void {
  for (const [key, value] of Object.entries(object)) {
    const name = prefix === '' ? key : `${prefix}${KEY_SEPARATOR}${key}`;
    if (isObject(value) && depth < MAX_DEPTH) flatten(value, name, depth + 1, into);
    else into.set(name, textOf(value));
  }
}

/** The key of the first list of objects in it, at whatever depth. */
function listIn(object: Row, prefix = '', depth = 0): string | undefined {
  for (const [key, value] of Object.entries(object)) {
    const name = prefix === '' ? key : `${prefix}${KEY_SEPARATOR}${key}`;
    if (Array.isArray(value) && value.some(isObject)) return name;
    const found = isObject(value) && depth < MAX_DEPTH ? listIn(value, name, depth + 1) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** As jq names it. */
function jqPath(name: string): string {
  const keys = name.split(KEY_SEPARATOR);
  const isPlain = keys.every((key) => /^[a-z_]\w*$/i.test(key));
  return isPlain ? `.${keys.join('.')}` : `.${keys.map((key) => `[${JSON.stringify(key)}]`).join('')}`;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}
