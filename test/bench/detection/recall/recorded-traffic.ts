/** What the ports of a simulated device count, poll by poll, and how it is changed where something goes wrong. */
import { wallClock } from '../../../../pipeline/model/wall-clock.ts';
import { START_MS, type PlannedDevice } from '../simulated/plan.ts';
import { COUNTERS, QuietDevice } from '../simulated/quiet-device.ts';
import type { Shape } from './shapes.ts';

/** Without anything wrong. */
export interface RecordedTraffic {
  readonly quiet: QuietDevice;
  readonly counts: readonly Float64Array[];
  /** Unicast, in and out by port, octets a second. */
  readonly means: readonly Float64Array[];
  readonly rates: readonly Float64Array[];
  /** Standard deviation of what comes in by port, as a share of `means`. */
  readonly deviations: Float64Array;
  readonly intervalMs: number;
}

/** Of `polls` polls from START_MS on. */
export function recordTraffic(
  { kind, ports, intervalMs, seed, site }: PlannedDevice,
  polls: number,
): RecordedTraffic {
  const quiet = new QuietDevice({ kind, ports, seed, clock: wallClock(site.time_zone) });
  const counts: Float64Array[] = [];
  const means: Float64Array[] = [];
  const rates: Float64Array[] = [];
  const sums = new Float64Array(ports);
  const squares = new Float64Array(ports);
  const seconds = intervalMs / 1_000;
  for (let poll = 0; poll < polls; poll += 1) {
    quiet.count(START_MS + (poll + 1) * intervalMs, seconds);
    counts.push(quiet.counts.slice());
    means.push(quiet.means.slice());
    rates.push(quiet.rates.slice());
    for (let port = 0; port < ports; port += 1) {
      const share = quiet.rates[2 * port]! / quiet.means[2 * port]!;
      sums[port]! += share;
      squares[port]! += share ** 2;
    }
  }
  const deviations = squares.map((sum, port) => Math.sqrt(sum / polls - (sums[port]! / polls) ** 2));
  return { quiet, counts, means, rates, deviations, intervalMs };
}

/** A shape that the floor at 0 cuts below this share of its size is not injected. */
const LEAST_SHARE = 0.9;

/** What goes wrong with one port. */
export interface PlannedInjection {
  readonly shape: Shape;
  /** Sigmas; NaN where the shape has no size. */
  readonly magnitude: number;
  readonly port: number;
  /** Of a shape that may go either way. */
  readonly sign: number;
  /** Its first poll, of those of `tail`. */
  readonly first: number;
}

/**
 * Changes the counts of one port in `tail`: copies of the recorded ones from poll `from` on.
 * @returns false where the traffic is too little for a drop of that size.
 */
export function injectInto(
  tail: readonly Float64Array[],
  from: number,
  { quiet, means, rates, deviations, intervalMs }: RecordedTraffic,
  { shape, magnitude, port, sign, first }: PlannedInjection,
): boolean {
  const seconds = intervalMs / 1_000;
  let wanted = 0;
  let given = 0;
  const changed = Array.from({ length: shape.polls }, (_, k) => {
    const base = rates[from + first + k]![2 * port]!;
    const mean = means[from + first + k]![2 * port]!;
    const size = shape.sized ? (shape.side ?? sign) * magnitude * deviations[port]! * mean : 0;
    const rate = shape.rate(k, base, size);
    wanted += Math.abs(rate - base);
    given += Math.abs(Math.max(0, rate) - base);
    return Math.max(0, rate);
  });
  if (shape.sized && given < LEAST_SHARE * wanted) return false;
  for (const [k, rate] of changed.entries()) {
    const counts = tail[first + k]!;
    if (shape.freezes === true) copyDirection(tail[first - 1]!, counts, port);
    else quiet.setRate(counts, port, 0, rate, seconds);
  }
  return true;
}

/** What came in through a port. */
function copyDirection(from: Float64Array, to: Float64Array, port: number): void {
  const first = port * COUNTERS.length;
  for (let at = first; at < first + COUNTERS.length; at += 2) to[at] = from[at]!;
}
