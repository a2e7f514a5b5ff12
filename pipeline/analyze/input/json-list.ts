/** A file that is one JSON list of objects: what many programs export. It has to fit into memory. */
import { ConfigError } from '../../model/errors.ts';
import type { JsonRows } from './json-rows.ts';
import type { FileOptions } from './row-intake.ts';
import type { LineSink } from './text-lines.ts';

const MAX_CHARACTERS = 1 << 27;

export class JsonList implements LineSink {
  readonly #options: FileOptions;
  readonly #rows: JsonRows;
  readonly #text: string[] = [];
  #characters = 0;

  constructor(rows: JsonRows, options: FileOptions) {
    this.#rows = rows;
    this.#options = options;
  }

  line(text: string): void {
    this.#text.push(text);
    this.#characters += text.length;
    if (this.#characters > MAX_CHARACTERS) this.#tooLarge();
  }

  tooLong(): void {
    this.#tooLarge();
  }

  /** Items are counted as lines, from 1. @throws ConfigError when it is no list of objects. */
  end(): void {
    const { file, sink } = this.#options;
    let items: unknown;
    try {
      items = JSON.parse(this.#text.join('\n'));
    } catch (cause) {
      throw new ConfigError(`${file} begins like a JSON list, and is none`, { cause });
    }
    for (const [at, item] of (items as unknown[]).entries()) {
      if (typeof item === 'object' && item !== null && !Array.isArray(item))
        this.#rows.row(item as Record<string, unknown>, at + 1);
      else sink.problem({ file, line: at + 1, reason: 'this item of the list is no object' });
    }
    this.#rows.end();
  }

  #tooLarge(): never {
    throw new ConfigError(
      `${this.#options.file} is one JSON list, and too large for it: write an object a line, as by "jq -c '.[]'"`,
    );
  }
}
