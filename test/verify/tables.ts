/** The rows of a table against those that the topics say it should have: contents, not counts. */
import { at, shown, type Differences } from './differences.ts';
import type { Located } from './records.ts';

/** A row as it should be, and the record that it comes from. */
export interface ExpectedRow {
  readonly origin: Pick<Located<unknown>, 'topic' | 'partition' | 'offset'>;
  readonly key: string;
  readonly columns: Readonly<Record<string, unknown>>;
}

/** bigint for int8, milliseconds for timestamptz, number for float8, int4 and numeric, text for everything else. */
export type FoundRow = Readonly<Record<string, unknown>>;

export interface TableCheck {
  readonly table: string;
  readonly expected: Iterable<ExpectedRow>;
  readonly found: readonly FoundRow[];
  keyOf(row: FoundRow): string;
  /** Columns that the stream does not write, or that the database makes. */
  readonly ignored: ReadonlySet<string>;
}

export interface TableCounts {
  expected: number;
  found: number;
  values: number;
}

export function checkTable(
  check: TableCheck,
  differences: Differences,
  unverified: Set<string>,
): TableCounts {
  const { table, expected, found, keyOf } = check;
  const counts: TableCounts = { expected: 0, found: found.length, values: 0 };
  const there = new Map<string, FoundRow[]>();
  for (const row of found) push(there, keyOf(row), row);
  const wanted = new Map<string, ExpectedRow[]>();
  for (const row of expected) {
    counts.expected += 1;
    push(wanted, row.key, row);
  }

  noteUnverified(check, wanted.values().next().value ?? [], unverified);
  for (const [key, rows] of wanted) {
    const left = [...(there.get(key) ?? [])];
    there.delete(key);
    // Exact matches first: what remains of a key is what differs.
    const open = rows.filter((row) => {
      const index = left.findIndex((candidate) => differing(row, candidate, differences).length === 0);
      if (index < 0) return true;
      left.splice(index, 1);
      counts.values += Object.keys(row.columns).length;
      return false;
    });
    for (const row of open) {
      const candidate = left.shift();
      if (candidate === undefined) {
        differences.add({ kind: 'missing', where: table, key, ...at(row.origin) });
        continue;
      }
      for (const column of differing(row, candidate, differences)) {
        const values = { expected: shown(row.columns[column]), found: shown(candidate[column]) };
        differences.add({
          kind: 'different',
          where: table,
          key,
          ...at(row.origin),
          field: column,
          ...values,
        });
      }
    }
    left.forEach(() => differences.add({ kind: 'twice', where: table, key, ...at(rows[0]!.origin) }));
  }
  for (const [key, rows] of there) {
    rows.forEach(() => differences.add({ kind: 'unexpected', where: table, key }));
  }

  return counts;
}

/** Columns that only one side has are named, not compared. */
function noteUnverified(check: TableCheck, known: readonly ExpectedRow[], unverified: Set<string>): void {
  const [expected] = known;
  const [found] = check.found;
  if (expected === undefined || found === undefined) return;
  const there = Object.keys(found).filter(
    (column) => !(column in expected.columns) && !check.ignored.has(column),
  );
  const wanted = Object.keys(expected.columns).filter((column) => !(column in found));
  for (const column of [...there, ...wanted]) unverified.add(`${check.table}.${column}`);
}

function differing({ columns }: ExpectedRow, found: FoundRow, differences: Differences): string[] {
  return Object.keys(columns).filter(
    (column) => column in found && !differences.same(columns[column], found[column]),
  );
}

function push<K, V>(into: Map<K, V[]>, key: K, value: V): void {
  const list = into.get(key);
  if (list === undefined) into.set(key, [value]);
  else list.push(value);
}
