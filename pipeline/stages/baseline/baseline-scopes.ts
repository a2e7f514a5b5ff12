/** What the rows of an entity and its totals are baselines of: ports and their device, or the instances of a path and the path. */
import { parseEntityKey } from '../../model/entity.ts';
import type { BaselinePlace } from './baseline-record.ts';

/** One part of a poll of an entity: its rows. A plain object: it waits in state between ticks. */
export type EntityPlace = Omit<BaselinePlace, 'scope_type' | 'device_role' | 'path_id'>;

export function scopeOfRows(place: EntityPlace): BaselinePlace {
  return { ...place, ...scope(place, 'interface') };
}

/** `place`: any part of the entity. */
export function scopeOfTotals(place: EntityPlace, entitySlot: number): BaselinePlace {
  return { ...place, ...scope(place, 'device'), instances: [''], slots: [entitySlot] };
}

function scope({ entity }: EntityPlace, otherwise: 'interface' | 'device') {
  const { kind, id } = parseEntityKey(entity);
  return kind === 'path'
    ? ({ scope_type: 'path', device_role: null, path_id: id } as const)
    : ({ scope_type: otherwise, device_role: null, path_id: null } as const);
}
