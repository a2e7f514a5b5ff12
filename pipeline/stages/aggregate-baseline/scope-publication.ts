/**
 * Cells of scopes that have changed, as records: those of an hour when a window behind it was learned from, whole days
 * when one behind the day was; each scope at its own of the ticks within `spreadMs`; while the scope is live.
 */
import { TICK_MS } from '../../../topics/catalogue.ts';
import { WINDOW_MS } from '../../../topics/domain.ts';
import { deviceId } from '../../model/entity.ts';
import { textHash } from '../../model/reading.ts';
import type { BaselineCells, BaselinePlace } from '../baseline/baseline-record.ts';
import type { BaselineSettings } from '../baseline/baseline-settings.ts';
import type { OwedCells } from '../baseline/owed-cells.ts';
import type { RecordStageOutput } from '../record-stage.ts';
import type { Scope } from './scope.ts';

export class ScopePublication {
  readonly #cells: BaselineCells;
  readonly #owed: OwedCells;
  readonly #spreadTicks: number;
  readonly #liveMs: number;

  /** `behindMs`: so far is a scope behind that is as live as can be. */
  constructor(
    cells: BaselineCells,
    owed: OwedCells,
    { liveMs, spreadMs }: BaselineSettings,
    behindMs: number,
  ) {
    this.#cells = cells;
    this.#owed = owed;
    this.#spreadTicks = Math.max(1, Math.round(spreadMs / TICK_MS));
    this.#liveMs = behindMs + liveMs;
  }

  punctuate(scope: Scope, tickMs: number, out: RecordStageOutput): void {
    if ((tickMs / TICK_MS + textHash(scope.key)) % this.#spreadTicks !== 0) return;
    const atMs = (scope.closed + 1) * WINDOW_MS;
    if (tickMs - atMs > this.#liveMs) return;
    const due = this.#owed.take(scope.slot);
    if (due !== undefined) this.#cells.publish(placeOf(scope), atMs, due, out);
  }
}

function placeOf({ type, key, domain, siteId, deviceRole, slot, sinceMs }: Scope): BaselinePlace {
  return {
    scope_type: type,
    domain,
    entity: key,
    device_ip: null,
    device_id: deviceId(key),
    netbox_device_id: null,
    site_id: siteId,
    device_role: deviceRole,
    path_id: null,
    instances: [''],
    slots: [slot],
    intervalS: WINDOW_MS / 1_000,
    sinceMs,
  };
}
