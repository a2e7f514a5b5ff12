/**
 * Which windows of a scope are to be closed at a tick. Everything that was sent before the tick is here (see
 * upstream-time.ts), what was sent later may be: so only what was sent before it counts, whoever runs ahead.
 */
import { WINDOW_MS } from '../../../topics/domain.ts';
import type { AggregateSettings } from './aggregate-settings.ts';
import type { OpenWindow } from './open-window.ts';
import type { Scope } from './scope.ts';

/** When the window's last chance is over for those who report as they go. */
export function graceEndMs(window: number, { graceMs }: AggregateSettings): number {
  return (window + 1) * WINDOW_MS + graceMs;
}

/** The last window that is to be closed, and with it all before it; -1: none. */
export function dueWindow({ windows, oldest }: Scope, tickMs: number, settings: AggregateSettings): number {
  if (graceEndMs(oldest, settings) > tickMs) return -1;
  let due = -1;
  let newest = -1;
  for (const [number, window] of windows) {
    if (sentSince(window) < tickMs) newest = Math.max(newest, number);
    if (isOver(number, window, tickMs, settings)) due = Math.max(due, number);
  }
  const behind = newest - settings.historyWindows;
  for (const number of windows.keys()) {
    if (number <= behind && graceEndMs(number, settings) <= tickMs) due = Math.max(due, number);
  }
  return due;
}

/** Nobody reports it any more. */
function isOver(
  number: number,
  { inTime, late }: OpenWindow,
  tickMs: number,
  settings: AggregateSettings,
): boolean {
  if (graceEndMs(number, settings) > tickMs) return false;
  return inTime !== undefined || tickMs - late!.lastSentMs >= settings.historyIdleMs;
}

function sentSince({ inTime, late }: OpenWindow): number {
  return Math.min(inTime?.firstSentMs ?? Infinity, late?.firstSentMs ?? Infinity);
}
