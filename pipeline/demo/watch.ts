/** Watches anomaly_events while the demo is live: prints what is committed, and tells when all has been seen. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../model/component.ts';
import type { AnomalyFeed } from './anomaly-feed.ts';
import type { DemoFaults } from './demo-faults.ts';
import type { QuietControl } from './faults.ts';
import { ANOMALY_HEADING, anomalyLine, controlLine, faultLine, type Screen } from './screen.ts';
import { verdict, type Verdict } from './verdict.ts';

export interface WatchOptions {
  readonly clock: Clock;
  readonly screen: Screen;
  readonly signal: AbortSignal;
  readonly injected: DemoFaults;
  readonly feed: AnomalyFeed;
  readonly liveFromMs: number;
  readonly intervalMs: number;
  /** End when everything has been seen, or at this time; without it go on until the signal. */
  readonly untilMs: number | undefined;
  /** Every fault has been found and every control survived; called once. */
  readonly seen: () => void;
}

export interface Watched extends Verdict {
  /** All faults were found, nothing else was alarmed, and every quiet control has happened. */
  readonly complete: boolean;
}

const LOOK_EVERY_MS = 250;
/** A control has been survived when so many polls have come after it. */
const QUIET_POLLS = 4;

export async function watch(options: WatchOptions): Promise<Watched> {
  const { clock, screen, signal, injected, feed, liveFromMs, intervalMs, untilMs, seen } = options;
  const { faults, controls } = injected;
  const told = new Set<unknown>();
  const tellOnce = (what: unknown, line: () => string): void => {
    if (!told.has(what)) screen.say(line());
    told.add(what);
  };
  screen.say(ANOMALY_HEADING);
  for (;;) {
    const nowMs = clock();
    for (const anomaly of await feed.poll(nowMs)) screen.say(anomalyLine(anomaly));
    const judged = verdict(faults, feed.all(), liveFromMs);
    for (const fault of judged.faults) if (fault.detected) tellOnce(fault.kind, () => faultLine(fault));
    for (const alarm of judged.falseAlarms) {
      tellOnce(alarm.anomalyId, () => `  FALSE ALARM  ${alarm.metric} on ${alarm.device} ${alarm.interface}`);
    }
    const survived = controls.filter((control) => nowMs >= controlEnd(control, liveFromMs, intervalMs));
    for (const control of survived) {
      const quiet = !judged.falseAlarms.some(({ device }) => device === control.device);
      tellOnce(control, () => controlLine(control, quiet));
    }
    const all = survived.length === controls.length && judged.faults.every(({ detected }) => detected);
    const complete = all && judged.falseAlarms.length === 0;
    if (all && !told.has(seen)) {
      told.add(seen);
      seen();
    }
    const over = untilMs !== undefined && (all || nowMs >= untilMs);
    if (over && !all) screen.say('time limit reached');
    if (over || signal.aborted) return { ...judged, complete };
    await wait(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** When the control has happened and some polls have come after it. Of the wraps, one between two polls is enough. */
function controlEnd(control: QuietControl, liveFromMs: number, intervalMs: number): number {
  const quietMs = QUIET_POLLS * intervalMs;
  switch (control.kind) {
    case 'reboot':
    case 'discontinuity':
      return control.endMs + quietMs;
    case 'wrap_32':
      return (
        (control.wraps.find(({ atMs }) => atMs >= liveFromMs + 2 * intervalMs)?.atMs ?? control.endMs) +
        quietMs
      );
    case 'untouched':
      return control.startMs + 2 * quietMs;
  }
}
