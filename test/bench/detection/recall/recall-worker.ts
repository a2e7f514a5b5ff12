/** A worker: learns one simulated device after the other for three weeks, injects anomalies, and posts what was found. */
import { embeddedRegistry } from '../../../../pipeline/codec/embedded-registry.ts';
import type { Codec } from '../../../../pipeline/codec/port.ts';
import { wallClock } from '../../../../pipeline/model/wall-clock.ts';
import type { AnomalyRecord } from '../../../../topics/anomaly.ts';
import { catalogue } from '../../../../topics/catalogue.ts';
import { startedCodec } from '../../../support/codec.ts';
import { answerTasks } from '../in-workers.ts';
import { GRACE_POLLS, MAGNITUDES, SHAPES, type Shape } from './shapes.ts';
import { Chance } from '../simulated/chance.ts';
import { DeviceReadings, portName } from '../simulated/device-readings.ts';
import { EntityFold, type FoldState } from '../simulated/entity-fold.ts';
import { PORTS, START_MS, WARM_UP_DAYS, type PlannedDevice } from '../simulated/plan.ts';
import { COUNTERS, QuietDevice } from '../simulated/quiet-device.ts';

/** One injection and what was said of its series while it lasted. */
export interface Injection {
  /** Of SHAPES, by name. */
  readonly shape: string;
  /** Sigmas; NaN where the shape has no size. */
  readonly magnitude: number;
  /** Polls from its first to the first record, and to the first of severity warning or above; NaN when none came. */
  readonly delayPolls: number;
  readonly severeDelayPolls: number;
  /** As it was called last. */
  readonly type: string | undefined;
}

const DAY_MS = 86_400_000;
/** What the traffic that comes in shows in. */
const METRICS: readonly string[] = ['rx_bps', 'rx_pps'];
/** Injections begin so many polls after the learned state. */
const LEAD_POLLS = 18;
/** The state is taken at so many times of a day. */
const MOMENTS = 4;
/** A shape that the floor at 0 cuts below this share of its size is not injected. */
const LEAST_SHARE = 0.9;

/** Every combination, in the order in which ports get them. */
const COMBINATIONS = SHAPES.flatMap((shape) =>
  (shape.sized ? MAGNITUDES : [Number.NaN]).map((magnitude) => ({ shape, magnitude })),
);
const TAIL_POLLS = LEAD_POLLS + Math.max(...SHAPES.map(({ polls }) => polls)) + GRACE_POLLS + 1;

const codec = await startedCodec(catalogue, embeddedRegistry());
answerTasks((device: PlannedDevice) => deviceInjections(codec, device));

async function deviceInjections(codec: Codec, device: PlannedDevice): Promise<Injection[]> {
  const recorded = record(device);
  const chance = new Chance(device.seed + 700_000);
  const moments = await learn(codec, device, recorded);
  const found: Injection[] = [];
  for (let wave = 0; wave < COMBINATIONS.length; wave += 1) {
    const plan = Array.from({ length: PORTS }, (_, port) => ({
      ...COMBINATIONS[(wave + port * 7) % COMBINATIONS.length]!,
      port,
      // Level shifts and ramps go either way.
      sign: chance.is(0.5) ? 1 : -1,
      first: 1 + Math.floor(chance.uniform() * LEAD_POLLS),
    }));
    found.push(...(await inject(codec, device, recorded, moments[wave % MOMENTS]!, plan)));
  }
  return found;
}

/** What a device would count without anything wrong, poll by poll. */
interface RecordedCounts {
  readonly quiet: QuietDevice;
  readonly counts: readonly Float64Array[];
  /** Unicast, in and out by port, octets a second. */
  readonly means: readonly Float64Array[];
  readonly rates: readonly Float64Array[];
  /** Standard deviation of what comes in by port, as a share of `means`. */
  readonly deviations: Float64Array;
  readonly learned: number;
}

function record({ kind, intervalMs, seed, site }: PlannedDevice): RecordedCounts {
  const quiet = new QuietDevice({ kind, ports: PORTS, seed, clock: wallClock(site.time_zone) });
  const learned = (WARM_UP_DAYS * DAY_MS) / intervalMs;
  const polls = learned + DAY_MS / intervalMs + TAIL_POLLS;
  const counts: Float64Array[] = [];
  const means: Float64Array[] = [];
  const rates: Float64Array[] = [];
  const sums = new Float64Array(PORTS);
  const squares = new Float64Array(PORTS);
  const seconds = intervalMs / 1_000;
  for (let poll = 0; poll < polls; poll += 1) {
    quiet.count(START_MS + (poll + 1) * intervalMs, seconds);
    counts.push(quiet.counts.slice());
    means.push(quiet.means.slice());
    rates.push(quiet.rates.slice());
    for (let port = 0; port < PORTS; port += 1) {
      const share = quiet.rates[2 * port]! / quiet.means[2 * port]!;
      sums[port]! += share;
      squares[port]! += share ** 2;
    }
  }
  const deviations = squares.map((sum, port) => Math.sqrt(sum / polls - (sums[port]! / polls) ** 2));
  return { quiet, counts, means, rates, deviations, learned };
}

/** The state after three weeks, and at some moments of the day after. */
interface Moment {
  readonly poll: number;
  readonly state: FoldState;
  readonly readings: DeviceReadings;
}

async function learn(codec: Codec, device: PlannedDevice, recorded: RecordedCounts): Promise<Moment[]> {
  const { entity, intervalMs, site, record: inventory } = device;
  const bootedAtMs = START_MS - 30 * DAY_MS;
  const readings = new DeviceReadings({ codec, entity, ports: PORTS, intervalMs, bootedAtMs });
  const fold = await EntityFold.start(codec, readings.poll(START_MS));
  await fold.place(site, inventory);
  const key = Buffer.from(entity);
  const moments: Moment[] = [];
  for (let poll = 0; moments.length < MOMENTS; poll += 1) {
    readings.add(recorded.counts[poll]!);
    const atMs = START_MS + (poll + 1) * intervalMs;
    fold.reading(key, readings.poll(atMs), atMs);
    const since = poll + 1 - recorded.learned;
    if (since >= (moments.length * DAY_MS) / intervalMs / MOMENTS)
      moments.push({ poll: poll + 1, state: fold.state(), readings: readings.copy() });
  }
  await fold.anomalies();
  return moments;
}

interface PlannedInjection {
  readonly shape: Shape;
  readonly magnitude: number;
  readonly port: number;
  readonly sign: number;
  /** Of the polls after the moment. */
  readonly first: number;
}

async function inject(
  codec: Codec,
  device: PlannedDevice,
  recorded: RecordedCounts,
  { poll: from, state, readings: learned }: Moment,
  plan: readonly PlannedInjection[],
): Promise<Injection[]> {
  const { entity, intervalMs } = device;
  const readings = learned.copy();
  const fold = await EntityFold.start(codec, readings.copy().poll(START_MS), state);
  const key = Buffer.from(entity);
  const tail = recorded.counts.slice(from, from + TAIL_POLLS).map((counts) => counts.slice());
  const injected = plan.filter((one) => applyTo(tail, recorded, from, one, intervalMs));
  const atMsOf = (poll: number): number => START_MS + (from + poll + 1) * intervalMs;
  for (const [poll, counts] of tail.entries()) {
    readings.add(counts);
    fold.reading(key, readings.poll(atMsOf(poll)), atMsOf(poll));
  }
  const records = (await fold.anomalies()).filter(({ metric_name: metric }) => METRICS.includes(metric));
  return injected.map(({ shape, magnitude, port, first }) => {
    const untilMs = atMsOf(first + shape.polls - 1 + GRACE_POLLS);
    const own = records.filter(
      ({ interface_name: name, updated_at: atMs, opened_at: openedAtMs }) =>
        name === portName(port) && openedAtMs >= atMsOf(first) && atMs <= untilMs,
    );
    const delayOf = (record: AnomalyRecord | undefined): number =>
      record === undefined ? Number.NaN : Math.round((record.updated_at - atMsOf(first)) / intervalMs);
    return {
      shape: shape.name,
      magnitude,
      delayPolls: delayOf(own[0]),
      severeDelayPolls: delayOf(own.find(({ severity }) => severity !== 'info')),
      type: own.at(-1)?.anomaly_type,
    };
  });
}

/** Changes the counts of one port. @returns false where the traffic is too little for a drop of that size. */
function applyTo(
  tail: readonly Float64Array[],
  { quiet, means, rates, deviations }: RecordedCounts,
  from: number,
  { shape, magnitude, port, sign, first }: PlannedInjection,
  intervalMs: number,
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
