/**
 * Cells of scopes that have changed, as records: those of an hour when a window behind it was learned from, an hour of the
 * day at a time, each scope at its own of the ticks within `spreadMs`; while the scope is live.
 */
import { TICK_MS } from '../../../topics/catalogue.ts';
import { WINDOW_MS } from '../../../topics/domain.ts';
import { deviceId } from '../../model/entity.ts';
import { textHash } from '../../model/reading.ts';
import { hourOfDay, hourOfWeek } from '../../model/wall-clock.ts';
import { DAY_CELLS, WEEK_CELLS } from '../baseline/baseline-columns.ts';
import type { BaselineCells, BaselinePlace } from '../baseline/baseline-record.ts';
import type { BaselineSettings } from '../baseline/baseline-settings.ts';
import type { RecordStageOutput } from '../record-stage.ts';
import type { Scope } from './scope.ts';

/** The hour of the window that is learned from: another one than before closes the one before. */
export function oweHour(scope: Scope, hour: number, shifted: boolean): void {
  if (shifted) for (let week = 0; week < WEEK_CELLS; week += 1) scope.owed.add(week);
  if (!Number.isNaN(scope.hour) && scope.hour !== hour) scope.owed.add(hourOfWeek(scope.hour));
  scope.hour = hour;
}

export class ScopePublication {
  readonly #cells: BaselineCells;
  readonly #spreadTicks: number;
  readonly #liveMs: number;

  /** `behindMs`: so far is a scope behind that is as live as can be. */
  constructor(cells: BaselineCells, { liveMs, spreadMs }: BaselineSettings, behindMs: number) {
    this.#cells = cells;
    this.#spreadTicks = Math.max(1, Math.round(spreadMs / TICK_MS));
    this.#liveMs = behindMs + liveMs;
  }

  /** @returns whether it sent anything: the scope has changed then. */
  punctuate(scope: Scope, tickMs: number, out: RecordStageOutput): boolean {
    if (scope.owed.size === 0) return false;
    if ((tickMs / TICK_MS + textHash(scope.key)) % this.#spreadTicks !== 0) return false;
    const atMs = (scope.closed + 1) * WINDOW_MS;
    if (tickMs - atMs > this.#liveMs) return false;
    const day = nextOwed(scope);
    const hours = [...scope.owed].filter((week) => week % DAY_CELLS === day).sort((a, b) => a - b);
    for (const week of hours) scope.owed.delete(week);
    const { type, key, domain, siteId, deviceRole, slot, sinceMs } = scope;
    const place: BaselinePlace = {
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
    this.#cells.publishHours(place, atMs, { hourOfDay: day, hoursOfWeek: hours }, out);
    return true;
  }
}

/** The first hour of the day, from the present one on, of which anything is owed. */
function nextOwed({ owed, hour }: Scope): number {
  const present = hourOfDay(hour);
  const hoursAhead = Array.from(owed, (week) => (week - present + WEEK_CELLS) % DAY_CELLS);
  return (present + Math.min(...hoursAhead)) % DAY_CELLS;
}
