/** A file of pairs that belong together: CSV or JSON lines, each end an entity, or an entity and one of its instances. */
import { ConfigError } from '../../model/errors.ts';
import { delimiterOf } from '../input/delimiter.ts';
import { fileChunks, sizeOf } from '../input/file-chunks.ts';
import { RowParser } from '../input/row-parser.ts';
import { shown } from '../input/row-texts.ts';
import { readLines, type LineSink } from '../input/text-lines.ts';

/** As it is written: what it means is known once the series are. */
export interface LinkEnd {
  /** An entity, or an entity and an instance in one text. */
  readonly name: string;
  /** Empty where it is not said apart. */
  readonly instance: string;
}

export interface WrittenLink {
  readonly line: number;
  readonly a: LinkEnd;
  readonly b: LinkEnd;
}

const MAX_LINKS = 1_000_000;
/** What heads call the two ends, and the instances of each. */
const HEADS = {
  a: /^(a|source|src|from|local|left|device|entity|entity_?a|device_?a)$/i,
  b: /^(b|target|dst|destination|to|remote|right|neighbou?r|peer|entity_?b|device_?b)$/i,
  aInstance:
    /^(a|source|src|from|local|left|device|entity)_?(instance|interface|port|if_?name)$|^(interface|port)(_?a)?$/i,
  bInstance:
    /^(b|target|dst|destination|to|remote|right|neighbou?r|peer)_?(instance|interface|port|if_?name)$|^(interface|port)_?b$/i,
} as const;

/** @throws ConfigError when it cannot be read, or a line of it is no pair: a link that is lost would not be missed. */
export async function readLinks(file: string): Promise<WrittenLink[]> {
  await sizeOf(file);
  const links: WrittenLink[] = [];
  const refuse = (line: number, reason: string): never => {
    throw new ConfigError(`${file}:${line}: ${reason}`);
  };
  const add = (line: number, a: LinkEnd, b: LinkEnd): void => {
    if (a.name === '' || b.name === '') refuse(line, 'a link needs two ends');
    if (links.length === MAX_LINKS) refuse(line, `more than ${MAX_LINKS} links`);
    links.push({ line, a, b });
  };
  let rows: LinkRows | undefined;
  const sink: LineSink = {
    line(text, line) {
      if (text.trim() === '' || text.startsWith('#')) return;
      if (text.trimStart().startsWith('{')) addObject(text, line, add, refuse);
      else (rows ??= new LinkRows(text, add, refuse)).line(text, line);
    },
    tooLong: (line) => refuse(line, 'the line is too long'),
  };
  await readLines(
    file,
    fileChunks(file, () => undefined),
    sink,
  );
  rows?.end();
  if (links.length === 0) throw new ConfigError(`${file} has no links in it: a pair a line, such as "r1,r2"`);
  return links;
}

type Add = (line: number, a: LinkEnd, b: LinkEnd) => void;
type Refuse = (line: number, reason: string) => never;

class LinkRows {
  readonly #parser: RowParser;

  constructor(first: string, add: Add, refuse: Refuse) {
    let columns: Readonly<Record<keyof typeof HEADS, number>> | undefined;
    this.#parser = new RowParser({
      delimiter: delimiterOf([first]).delimiter,
      onRow(cells, line) {
        if (columns === undefined) {
          const found = headOf(cells);
          columns = found ?? { a: 0, b: 1, aInstance: -1, bInstance: -1 };
          if (found !== undefined) return;
        }
        const cell = (column: number): string => (cells[column] ?? '').trim();
        const { a, b, aInstance, bInstance } = columns;
        if (cells.length < 2)
          refuse(line, `${shown(cells[0] ?? '')} is no pair: two names with a comma between`);
        add(line, { name: cell(a), instance: cell(aInstance) }, { name: cell(b), instance: cell(bInstance) });
      },
      onProblem: refuse,
    });
  }

  line(text: string, line: number): void {
    this.#parser.line(text, line);
  }

  end(): void {
    this.#parser.end();
  }
}

/** Undefined when a first row is a link already. */
function headOf(cells: readonly string[]): Readonly<Record<keyof typeof HEADS, number>> | undefined {
  const column = (of: RegExp): number => cells.findIndex((cell) => of.test(cell.trim()));
  const [a, b] = [column(HEADS.a), column(HEADS.b)];
  if (a < 0 || b < 0) return undefined;
  return { a, b, aInstance: column(HEADS.aInstance), bInstance: column(HEADS.bInstance) };
}

/** {"a": "r1", "b": "r2", "b_instance": "ge-0"} or {"a": {"entity": "r1", "instance": "ge-0"}, "b": "r2"} */
function addObject(text: string, line: number, add: Add, refuse: Refuse): void {
  let object: Record<string, unknown>;
  try {
    object = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return refuse(line, 'this is no JSON object');
  }
  const keys = Object.keys(object);
  const columns = headOf(keys);
  if (columns === undefined) return refuse(line, 'a link has the keys "a" and "b"');
  const end = (at: number, instanceAt: number): LinkEnd => {
    const value = object[keys[at]!];
    if (typeof value === 'object' && value !== null) {
      const { entity, instance } = value as Record<string, unknown>;
      return { name: textOf(entity), instance: textOf(instance) };
    }
    return { name: textOf(value), instance: instanceAt < 0 ? '' : textOf(object[keys[instanceAt]!]) };
  };
  add(line, end(columns.a, columns.aInstance), end(columns.b, columns.bInstance));
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
}
