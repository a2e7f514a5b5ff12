/** Which column of a Reading a catalogue field is, and which fields of a row the Reading holds by itself. */
import type { FieldRow } from '../../topics/row.ts';
import type { ColumnSpec } from '../model/reading.ts';

/** Row fields that are no columns: `reading.instances` and `reading.quality` hold them. */
export const INSTANCE_FIELD = 'interface_name';
export const QUALITY_FIELD = 'quality';

export function columnKind(field: FieldRow): ColumnSpec['kind'] {
  if (field.kind === 'counter' && field.type === 'long') return 'counter';
  return field.type === 'string' || field.type === 'uuid' ? 'text' : 'number';
}

/** The columns that rows of these fields need. */
export function columnSpecs(fields: readonly FieldRow[]): ColumnSpec[] {
  return fields
    .filter(({ name }) => name !== INSTANCE_FIELD && name !== QUALITY_FIELD)
    .map((field) => ({ name: field.name, kind: columnKind(field) }));
}
