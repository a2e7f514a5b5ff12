/** Columns of a file while it is decided what each of them means: every one is taken once, or set aside with a reason. */
import { ConfigError } from '../../model/errors.ts';
import { columnContent, type ColumnContent } from './column-content.ts';
import { isCalled, type Role } from './column-names.ts';
import { listed } from './row-texts.ts';

/** What the user says of the columns: names, or numbers from 1. */
export type ToldColumns = Readonly<Partial<Record<Role | 'ignore', readonly string[]>>>;

export interface IgnoredColumn {
  readonly column: number;
  readonly why: string;
}

/** Of a column's cells, so many make it what they are. */
const MOST = 0.8;

export class ColumnChoice {
  readonly file: string;
  readonly head: readonly string[];
  /** The first of the file. */
  readonly rows: readonly (readonly string[])[];
  readonly contents: readonly ColumnContent[];
  readonly ignored: IgnoredColumn[] = [];
  readonly #told = new Map<Role | 'ignore', readonly number[]>();
  readonly #free: Set<number>;

  /** @throws ConfigError when the user names a column that the file does not have. */
  constructor(
    file: string,
    head: readonly string[],
    rows: readonly (readonly string[])[],
    columns: ToldColumns,
  ) {
    this.file = file;
    this.head = head;
    this.rows = rows;
    this.contents = head.map((_, column) => columnContent(rows, column));
    this.#free = new Set(head.keys());
    for (const [role, names] of Object.entries(columns) as [Role | 'ignore', readonly string[]][]) {
      const found = names.map((name) => this.#columnOf(name, role));
      this.#told.set(role, found);
      // What is told is nothing else.
      for (const column of found) this.#free.delete(column);
    }
    for (const column of this.told('ignore')) this.setAside(column, 'told so');
  }

  /** Neither taken nor set aside. */
  get free(): number[] {
    return [...this.#free];
  }

  told(role: Role | 'ignore'): readonly number[] {
    return this.#told.get(role) ?? [];
  }

  name(column: number): string {
    return this.head[column]!;
  }

  content(column: number): ColumnContent {
    return this.contents[column]!;
  }

  /** The told column, or the first free one that is called so and `fits`. It is taken. */
  take(role: Role, fits: (column: number) => boolean): number | undefined {
    const [told] = this.told(role);
    const found = told ?? this.free.find((column) => isCalled(role, this.name(column)) && fits(column));
    if (found !== undefined) this.#free.delete(found);
    return found;
  }

  use(columns: readonly number[]): void {
    for (const column of columns) this.#free.delete(column);
  }

  setAside(column: number, why: string): void {
    this.#free.delete(column);
    this.ignored.push({ column, why });
  }

  isNumeric(column: number): boolean {
    return this.content(column).numbers >= MOST;
  }

  /** Something, and no numbers. */
  isText(column: number): boolean {
    const { filled, numbers } = this.content(column);
    return filled > 0 && numbers < 1 - MOST;
  }

  isTime(column: number, share = MOST): boolean {
    return this.content(column).times >= share;
  }

  isDate(column: number): boolean {
    return this.content(column).dates >= MOST;
  }

  isClock(column: number): boolean {
    return this.content(column).clocks >= MOST;
  }

  hasUnits(column: number): boolean {
    return this.content(column).units >= MOST;
  }

  isStatus(column: number): boolean {
    return this.content(column).statuses >= MOST;
  }

  /** The names, for messages. */
  get listed(): string {
    return listed(this.head);
  }

  #columnOf(name: string, role: string): number {
    const wanted = name.trim().toLowerCase();
    const exact = this.head.indexOf(name);
    const alike = this.head.findIndex((one) => one.trim().toLowerCase() === wanted);
    const counted = /^\d{1,5}$/.test(wanted) && Number(wanted) <= this.head.length ? Number(wanted) - 1 : -1;
    const found = [exact, alike, counted].find((column) => column >= 0);
    if (found === undefined)
      throw new ConfigError(`${this.file} has no column "${name}" for --${role}: it has ${this.listed}`);
    return found;
  }
}
