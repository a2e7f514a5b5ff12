/**
 * Which part of a Reading fills which field of a record, as data: what the compiler of readers and writers is driven
 * by. A field without a place is skipped when read, and written as null or refused.
 */
import type { FieldRow } from '../../../topics/row.ts';
import { columnKind, INSTANCE_FIELD, QUALITY_FIELD } from '../reading-columns.ts';
import type { ColumnSpec } from '../../model/reading.ts';

export type TextProperty =
  'domain' | 'entity' | 'deviceIp' | 'collectorId' | 'pollId' | 'deviceId' | 'deviceRole';
export type NumberProperty =
  | 'part'
  | 'parts'
  | 'observedAtMs'
  | 'durationMs'
  | 'intervalMs'
  | 'sysUptime'
  | 'hostUptime'
  | 'engineBoots'
  | 'engineTime'
  | 'netboxDeviceId'
  | 'siteId';

export type Place =
  /** A string of the envelope; `absent` is what it is in a record whose schema lacks the field. */
  | { readonly kind: 'text'; readonly property: TextProperty; readonly absent: string | null }
  /** A number of the envelope: NaN is null. */
  | { readonly kind: 'number'; readonly property: NumberProperty; readonly absent: number }
  | { readonly kind: 'status' }
  | { readonly kind: 'errors' }
  | { readonly kind: 'exceptions' }
  | { readonly kind: 'rows'; readonly fields: Places }
  | { readonly kind: 'column'; readonly column: ColumnSpec }
  | { readonly kind: 'instance' }
  | { readonly kind: 'quality' }
  /** Written, never read. */
  | { readonly kind: 'constant'; readonly text: string }
  /**
   * Written, never read: a list in a row, an element each of `elements` whose column `known` is not NaN. Where the
   * schema's items may be null there is one for each by its position, null where unknown.
   */
  | { readonly kind: 'each'; readonly elements: readonly Element[] };

export interface Element {
  /** Name of the number column that says whether the row has the element. */
  readonly known: string;
  readonly fields: Places;
}

/** By field name. */
export type Places = ReadonlyMap<string, Place>;

const text = (property: TextProperty, absent: string | null = null): Place => ({
  kind: 'text',
  property,
  absent,
});
const number = (property: NumberProperty, absent = Number.NaN): Place => ({
  kind: 'number',
  property,
  absent,
});

/** The envelope of all readings. */
export const ENVELOPE: Places = new Map<string, Place>([
  ['domain', text('domain', '')],
  ['entity', text('entity', '')],
  ['device_ip', text('deviceIp')],
  ['collector_id', text('collectorId', '')],
  ['poll_id', text('pollId', '')],
  ['part', number('part', 1)],
  ['parts', number('parts', 1)],
  ['observed_at', number('observedAtMs')],
  ['duration_ms', number('durationMs')],
  ['interval_ms', number('intervalMs')],
  ['sys_uptime', number('sysUptime')],
  ['host_uptime', number('hostUptime')],
  ['engine_boots', number('engineBoots')],
  ['engine_time', number('engineTime')],
  ['status', { kind: 'status' }],
  ['errors', { kind: 'errors' }],
  ['device_id', text('deviceId', '')],
  ['netbox_device_id', number('netboxDeviceId')],
  ['site_id', number('siteId')],
  ['device_role', text('deviceRole')],
  ['exceptions', { kind: 'exceptions' }],
]);

/** An envelope and rows of these fields, a column each. */
export function readingPlaces(fields: readonly FieldRow[], envelope: Places = ENVELOPE): Places {
  const rows = new Map(fields.map((field) => [field.name, placeOf(field)]));
  return new Map([...envelope, ['rows', { kind: 'rows', fields: rows }]]);
}

/**
 * An envelope and rows of instance, ifIndex and `deviations`: of each metric, which the columns that baseline and
 * detect add are named after, those rows where sigma is known.
 */
export function deviationPlaces(metrics: readonly string[], envelope: Places = ENVELOPE): Places {
  const rows = new Map<string, Place>([
    [INSTANCE_FIELD, { kind: 'instance' }],
    ['if_index', column('if_index')],
    ['deviations', { kind: 'each', elements: metrics.map(deviationOf) }],
  ]);
  return new Map([...envelope, ['rows', { kind: 'rows', fields: rows }]]);
}

function deviationOf(metric: string): Element {
  const judged = ['expected', 'scale', 'confidence', 'sigma', 'score'];
  return {
    known: `${metric}.sigma`,
    fields: new Map<string, Place>([
      ['metric_name', { kind: 'constant', text: metric }],
      ['value', column(metric)],
      ...judged.map((name): [string, Place] => [name, column(`${metric}.${name}`)]),
    ]),
  };
}

function column(name: string): Place {
  return { kind: 'column', column: { name, kind: 'number' } };
}

function placeOf(field: FieldRow): Place {
  if (field.name === INSTANCE_FIELD) return { kind: 'instance' };
  if (field.name === QUALITY_FIELD) return { kind: 'quality' };
  return { kind: 'column', column: { name: field.name, kind: columnKind(field) } };
}
