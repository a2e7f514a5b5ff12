/** Readings of values at the edges of what fields hold. */
import { QUALITIES } from '../../../topics/interface.ts';
import type { FieldRow } from '../../../topics/row.ts';
import { columnKind, INSTANCE_FIELD, QUALITY_FIELD } from '../../../pipeline/codec/reading-columns.ts';
import type { Reading } from '../../../pipeline/model/reading.ts';

export type Chance = () => number;

const COUNTERS = [
  0n,
  1n,
  63n,
  64n,
  127n,
  128n,
  2n ** 13n,
  2n ** 27n - 1n,
  2n ** 27n,
  2n ** 28n,
  2n ** 31n - 1n,
]
  .concat([2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 34n, 2n ** 35n, 2n ** 48n, 2n ** 53n, 2n ** 53n + 1n])
  .concat([2n ** 55n, 2n ** 56n - 1n, 2n ** 62n, 2n ** 63n - 1n]);
const LONGS = [
  0,
  1,
  -1,
  63,
  64,
  -64,
  -65,
  2 ** 30,
  -(2 ** 30),
  2 ** 31,
  -(2 ** 31),
  2 ** 32,
  2 ** 53 - 1,
  1 - 2 ** 53,
];
const INTS = [0, -0, 1, -1, 63, 64, -64, -65, 8191, 8192, 2 ** 20, 2 ** 27, 2 ** 28, 2 ** 31 - 1, -(2 ** 31)];
const DOUBLES = [0, -0, 1, 0.1, -1e300, 5e-324, Number.MAX_VALUE, Infinity, -Infinity, 2 ** 53 + 2, 1 / 3];
export const TEXTS = [
  '',
  'a',
  'GigabitEthernet1/0/1',
  'ü',
  'Gi 日本 1',
  '🛰',
  'x'.repeat(63),
  'x'.repeat(64),
  '\0',
].concat(['é'.repeat(40), 'x'.repeat(300), '\ufffd', '\u007f\u0080\u07ff\u0800\uffff', '\ufeffbom']);

export function pick<T>(chance: Chance, from: readonly T[]): T {
  return from[Math.floor(chance() * from.length)]!;
}

/** Fills the reading with `rows` rows; a fifth of what may be null is. */
export function fillReading(
  reading: Reading,
  fields: readonly FieldRow[],
  rows: number,
  chance: Chance,
): void {
  const text = () => pick(chance, TEXTS);
  const maybe = <T>(value: T): T | null => (chance() < 0.2 ? null : value);
  const number = (from: readonly number[]) => maybe(pick(chance, from)) ?? Number.NaN;
  reading.reset(rows);
  Object.assign(reading, {
    domain: text(),
    entity: text(),
    deviceIp: maybe(text()),
    collectorId: text(),
    pollId: text(),
    part: pick(chance, INTS),
    parts: pick(chance, INTS),
    observedAtMs: pick(
      chance,
      LONGS.filter((each) => Math.abs(each) < 2 ** 53 - 1),
    ),
    durationMs: number(INTS),
    intervalMs: number(INTS),
    sysUptime: number(LONGS),
    hostUptime: number(LONGS),
    engineBoots: number(LONGS),
    engineTime: number(LONGS),
    status: pick(chance, ['unknown', 'complete', 'partial', 'failed']),
    errors: Array.from({ length: pick(chance, [0, 0, 1, 3]) }, text),
    deviceId: text(),
    netboxDeviceId: number(INTS),
    siteId: number(INTS),
    deviceRole: maybe(text()),
  });
  for (let left = pick(chance, [0, 0, 2]); left > 0; left -= 1) {
    reading.exceptions.push({ row: pick(chance, INTS), metric: text(), reason: text() });
  }
  for (const field of fields) for (let row = 0; row < rows; row += 1) fillCell(reading, field, row, chance);
}

function fillCell(reading: Reading, field: FieldRow, row: number, chance: Chance): void {
  if (field.name === INSTANCE_FIELD) reading.instances[row] = pick(chance, TEXTS);
  else if (field.name === QUALITY_FIELD) reading.quality[row] = Math.floor(chance() * QUALITIES.length);
  else if (field.required === true || chance() > 0.2) {
    switch (columnKind(field)) {
      case 'counter': {
        const value = pick(chance, COUNTERS);
        const column = reading.counter(field.name);
        column.hi[row] = Number(value >> 32n);
        column.lo[row] = Number(value & 0xffff_ffffn);
        column.known[row] = 1;
        return;
      }
      case 'number': {
        const values = field.type === 'int' ? INTS : field.type === 'long' ? LONGS : DOUBLES;
        reading.number(field.name).values[row] = pick(chance, values);
        return;
      }
      case 'text':
        reading.text(field.name).set(row, pick(chance, TEXTS));
    }
  }
}
