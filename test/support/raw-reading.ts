/** Raw readings for tests: an envelope with defaults, and rows by field name. */
import type { Codec } from '../../pipeline/codec/port.ts';
import { columnKind } from '../../pipeline/codec/reading-columns.ts';
import type { Reading } from '../../pipeline/model/reading.ts';
import { catalogue as standard, rowFields, type Catalogue } from '../../topics/catalogue.ts';

export type RawRow = Readonly<Record<string, number | bigint | string | null>>;

type Envelope = Partial<
  Pick<
    Reading,
    | 'domain'
    | 'entity'
    | 'deviceIp'
    | 'observedAtMs'
    | 'intervalMs'
    | 'sysUptime'
    | 'engineBoots'
    | 'engineTime'
    | 'status'
    | 'part'
    | 'parts'
    | 'pollId'
  >
>;

let polls = 0;

/** A reading of raw.interface; fields that a row does not name are unknown. */
export function rawReading(
  codec: Codec,
  envelope: Envelope,
  rows: readonly RawRow[],
  catalogue: Catalogue = standard,
): Reading {
  const reading = codec.newReading('raw.interface');
  reading.reset(rows.length);
  polls += 1;
  Object.assign(reading, {
    domain: 'default',
    entity: 'default/device/core-1',
    deviceIp: '192.0.2.1',
    collectorId: 'test',
    pollId: `0190b5a0-0000-7000-8000-${polls.toString(16).padStart(12, '0')}`,
    observedAtMs: 1_700_000_000_000,
    durationMs: 10,
    intervalMs: 60_000,
    ...envelope,
  });
  for (const field of rowFields(catalogue['raw.interface'])) {
    for (const [row, values] of rows.entries()) {
      const value = values[field.name];
      if (value === undefined || value === null) continue;
      switch (columnKind(field)) {
        case 'counter': {
          const column = reading.counter(field.name);
          column.hi[row] = Number(BigInt(value) >> 32n);
          column.lo[row] = Number(BigInt(value) & 0xffff_ffffn);
          column.known[row] = 1;
          break;
        }
        case 'number':
          reading.number(field.name).values[row] = Number(value);
          break;
        case 'text':
          reading.text(field.name).set(row, String(value));
          break;
      }
    }
  }
  return reading;
}
