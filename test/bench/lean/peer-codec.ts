/**
 * The compiled codec on the peer's schemas: which columns of a Reading fill which of their fields. The peer's quality
 * `ok` is our `good`; a symbol is an index in the bytes, whatever its name.
 */
import { objectEncoder } from '../../../pipeline/codec/compiled/object-encoder.ts';
import type { Place, Places } from '../../../pipeline/codec/compiled/places.ts';
import { readingDecoder } from '../../../pipeline/codec/compiled/reading-decoder.ts';
import { readingEncoder } from '../../../pipeline/codec/compiled/reading-encoder.ts';
import type {
  AvroSchema,
  ReadingDecoder,
  ReadingEncoder,
  RecordEncoder,
  SchemaRegistry,
} from '../../../pipeline/codec/port.ts';
import { Reading, type ColumnSpec } from '../../../pipeline/model/reading.ts';
import { COUNTERS, peerSchema, SCHEMA_IDS, scoreColumns } from './peer-topics.ts';

export interface AnomalyOfRow {
  readonly entity: string;
  readonly observed_at: number;
  readonly if_index: number;
  readonly metric: number;
  readonly value: number;
  readonly expected: number;
  readonly scale: number;
  readonly sigma: number;
}

const column = (name: string, kind: ColumnSpec['kind'] = 'number'): Place => ({
  kind: 'column',
  column: { name, kind },
});

/** A Reading has no number of a poll: it goes where its part would. */
const envelope: readonly [string, Place][] = [
  ['entity', { kind: 'text', property: 'entity', absent: '' }],
  ['poll_id', { kind: 'number', property: 'part', absent: 1 }],
  ['observed_at', { kind: 'number', property: 'observedAtMs', absent: Number.NaN }],
];

const row: readonly [string, Place][] = [
  ['if_index', column('if_index')],
  ['if_name', column('if_name', 'text')],
];

const rawPlaces: Places = new Map<string, Place>([
  ...envelope,
  ['sys_uptime', { kind: 'number', property: 'sysUptime', absent: Number.NaN }],
  ['engine_boots', { kind: 'number', property: 'engineBoots', absent: Number.NaN }],
  [
    'rows',
    {
      kind: 'rows',
      fields: new Map([
        ...row,
        ...COUNTERS.map((name): [string, Place] => [name, column(name, 'counter')]),
        ['high_speed', column('high_speed')],
      ]),
    },
  ],
]);

const deviationPlaces: Places = new Map<string, Place>([
  ...envelope,
  [
    'rows',
    {
      kind: 'rows',
      fields: new Map<string, Place>([
        ...row,
        ['quality', { kind: 'quality' }],
        ['metrics', { kind: 'each', elements: scoreColumns.map(scoresOf) }],
      ]),
    },
  ],
]);

function scoresOf({ rate, expected, scale, sigma }: (typeof scoreColumns)[number]) {
  const fields = { value: rate, expected, scale, sigma };
  return {
    known: sigma,
    fields: new Map(Object.entries(fields).map(([field, name]): [string, Place] => [field, column(name)])),
  };
}

/** A reading with the columns of a raw record. */
export function newPeerReading(): Reading {
  return new Reading().add([
    ...['if_index', 'high_speed'].map((name): ColumnSpec => ({ name, kind: 'number' })),
    { name: 'if_name', kind: 'text' },
    ...COUNTERS.map((name): ColumnSpec => ({ name, kind: 'counter' })),
  ]);
}

export function peerDecoder(): ReadingDecoder {
  const schema = peerSchema('raw');
  return readingDecoder(registryOf(schema), schema, rawPlaces);
}

export function deviationEncoder(): ReadingEncoder {
  const text = JSON.stringify(peerSchema('deviation')).replace('"ok"', '"good"');
  return readingEncoder(JSON.parse(text) as AvroSchema, deviationPlaces, () => SCHEMA_IDS.deviation);
}

export function anomalyEncoder(): RecordEncoder<AnomalyOfRow> {
  return objectEncoder(peerSchema('anomaly'), () => SCHEMA_IDS.anomaly);
}

/** Knows the one schema that the loader writes. */
function registryOf(schema: AvroSchema): SchemaRegistry {
  return {
    name: 'registry',
    start: async () => undefined,
    stop: async () => undefined,
    register: async () => SCHEMA_IDS.raw,
    schema: async (id) => (id === SCHEMA_IDS.raw ? schema : undefined),
  };
}
