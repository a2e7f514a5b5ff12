/** A worker: learns one simulated device after the other for three weeks, injects anomalies, and posts what was found. */
import { embeddedRegistry } from '../../../../pipeline/codec/embedded-registry.ts';
import type { Codec } from '../../../../pipeline/codec/port.ts';
import type { AnomalyRecord } from '../../../../topics/anomaly.ts';
import { catalogue } from '../../../../topics/catalogue.ts';
import { startedCodec } from '../../../support/codec.ts';
import { answerTasks } from '../in-workers.ts';
import { Chance } from '../simulated/chance.ts';
import { EntityFold, type FoldState } from '../simulated/entity-fold.ts';
import { START_MS, WARM_UP_DAYS, type PlannedDevice } from '../simulated/plan.ts';
import { LonePorts } from './lone-ports.ts';
import {
  injectInto,
  recordTraffic,
  type PlannedInjection,
  type RecordedTraffic,
} from './recorded-traffic.ts';
import { GRACE_POLLS, MAGNITUDES, SHAPES } from './shapes.ts';

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

/** Every combination, in the order in which ports get them. */
const COMBINATIONS = SHAPES.flatMap((shape) =>
  (shape.sized ? MAGNITUDES : [Number.NaN]).map((magnitude) => ({ shape, magnitude })),
);
const TAIL_POLLS = LEAD_POLLS + Math.max(...SHAPES.map(({ polls }) => polls)) + GRACE_POLLS + 1;

const codec = await startedCodec(catalogue, embeddedRegistry());
answerTasks((device: PlannedDevice) => deviceInjections(codec, device));

async function deviceInjections(codec: Codec, device: PlannedDevice): Promise<Injection[]> {
  const polls = ((WARM_UP_DAYS + 1) * DAY_MS) / device.intervalMs + TAIL_POLLS;
  const traffic = recordTraffic(device, polls);
  const chance = new Chance(device.seed + 700_000);
  const moments = await learn(codec, device, traffic);
  const found: Injection[] = [];
  for (let wave = 0; wave < COMBINATIONS.length; wave += 1) {
    const plan = Array.from({ length: device.ports }, (_, port) => ({
      ...COMBINATIONS[(wave + port * 7) % COMBINATIONS.length]!,
      port,
      // Level shifts and ramps go either way.
      sign: chance.is(0.5) ? 1 : -1,
      first: 1 + Math.floor(chance.uniform() * LEAD_POLLS),
    }));
    found.push(...(await inject(codec, device, traffic, moments[wave % MOMENTS]!, plan)));
  }
  return found;
}

/** The state after three weeks, and at some moments of the day after. */
interface Moment {
  readonly poll: number;
  readonly state: FoldState;
  readonly ports: LonePorts;
}

async function learn(codec: Codec, device: PlannedDevice, { counts }: RecordedTraffic): Promise<Moment[]> {
  const { intervalMs } = device;
  const ports = LonePorts.of(codec, device);
  const fold = await EntityFold.start(codec, ports.example());
  await ports.place(fold, device);
  const moments: Moment[] = [];
  for (let poll = 0; moments.length < MOMENTS; poll += 1) {
    ports.poll(fold, counts[poll]!, START_MS + (poll + 1) * intervalMs);
    const since = poll + 1 - (WARM_UP_DAYS * DAY_MS) / intervalMs;
    if (since >= (moments.length * DAY_MS) / intervalMs / MOMENTS)
      moments.push({ poll: poll + 1, state: fold.state(), ports: ports.copy() });
  }
  await fold.anomalies();
  return moments;
}

async function inject(
  codec: Codec,
  device: PlannedDevice,
  traffic: RecordedTraffic,
  { poll: from, state, ports: learned }: Moment,
  plan: readonly PlannedInjection[],
): Promise<Injection[]> {
  const { name, intervalMs } = device;
  const ports = learned.copy();
  const fold = await EntityFold.start(codec, ports.example(), state);
  const tail = traffic.counts.slice(from, from + TAIL_POLLS).map((counts) => counts.slice());
  const injected = plan.filter((one) => injectInto(tail, from, traffic, one));
  const atMsOf = (poll: number): number => START_MS + (from + poll + 1) * intervalMs;
  for (const [poll, counts] of tail.entries()) ports.poll(fold, counts, atMsOf(poll));
  const records = (await fold.anomalies()).filter(({ metric_name: metric }) => METRICS.includes(metric));
  return injected.map(({ shape, magnitude, port, first }) => {
    const entity = LonePorts.entity(name, port);
    const untilMs = atMsOf(first + shape.polls - 1 + GRACE_POLLS);
    const own = records.filter(
      ({ entity: of, updated_at: atMs, opened_at: openedAtMs }) =>
        of === entity && openedAtMs >= atMsOf(first) && atMs <= untilMs,
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
