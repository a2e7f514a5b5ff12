/**
 * A complete fixed input of the entity sub-topology, append times included: a week and some hours of a simulated
 * network, then minutes of fast polls in which things go wrong, with ticks throughout. The same seed, the same records.
 */
import type { Codec } from '../../pipeline/codec/port.ts';
import { schedule } from '../../pipeline/demo/faults.ts';
import { historyReadings } from '../../pipeline/demo/history.ts';
import type { SimulatedNetwork } from '../../pipeline/demo/network.ts';
import type { TopicName } from '../../topics/catalogue.ts';
import { DAY_MS, demoNetwork, START_MS } from '../support/demo-network.ts';

export interface GoldenRecord {
  readonly topic: TopicName;
  /** null: to every partition. */
  readonly entity: string | null;
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly appendedAtMs: number;
}

const SLOW_MS = 600_000;
const FAST_MS = 5_000;
const HISTORY_MS = 7.5 * DAY_MS;
const LIVE_MS = 12 * 60_000;
/** Polls are fast from here on. */
export const LIVE_FROM_MS = START_MS + HISTORY_MS;
/** From observation to the log. */
const TRANSIT_MS = 80;

/** In the order of their append times. */
export function goldenInput(codec: Codec, seed: number): GoldenRecord[] {
  const network = demoNetwork(seed);
  const liveFromMs = LIVE_FROM_MS;
  const endMs = liveFromMs + LIVE_MS;
  misfortunes(network, liveFromMs);
  const readings = [
    ...readingsOf(codec, network, START_MS, liveFromMs, SLOW_MS),
    ...readingsOf(codec, network, liveFromMs, endMs, FAST_MS),
  ];
  return [
    ...inventoryOf(codec, network),
    ...ticks(codec, START_MS, liveFromMs, SLOW_MS),
    ...ticks(codec, liveFromMs, endMs + 60_000, FAST_MS),
    ...readings,
  ].sort((a, b) => a.appendedAtMs - b.appendedAtMs);
}

function misfortunes(network: SimulatedNetwork, liveFromMs: number): void {
  const [first, second, third, fourth] = network.devices;
  const port = (index: number) => ({ interface: first!.spec.ports[index]!.ifName });
  const span = { startMs: liveFromMs + 120_000, endMs: liveFromMs + 400_000 };
  schedule(network, { kind: 'link_down', device: first!.spec.name, ...port(0), ...span });
  schedule(network, { kind: 'utilization_spike', device: first!.spec.name, ...port(1), ...span, factor: 8 });
  const other = { interface: second!.spec.ports[2]!.ifName };
  schedule(network, {
    kind: 'error_burst',
    device: second!.spec.name,
    ...other,
    ...span,
    errorsPerPacket: 0.02,
  });
  schedule(network, { kind: 'reboot', device: third!.spec.name, ...span });
  const jump = { interface: fourth!.spec.ports[1]!.ifName };
  schedule(network, { kind: 'discontinuity', device: fourth!.spec.name, ...jump, ...span });
}

function* readingsOf(
  codec: Codec,
  network: SimulatedNetwork,
  fromMs: number,
  toMs: number,
  stepMs: number,
): Generator<GoldenRecord> {
  const reading = codec.newReading('raw.interface');
  const encoder = codec.readingEncoder('raw.interface');
  for (const polled of historyReadings({ network, fromMs, toMs, stepMs, reading })) {
    const { entity, observedAtMs } = polled;
    const value = encoder.encode(polled);
    yield { topic: 'raw.interface', entity, key: entity, value, appendedAtMs: observedAtMs + TRANSIT_MS };
  }
}

function inventoryOf(codec: Codec, network: SimulatedNetwork): GoldenRecord[] {
  const appendedAtMs = START_MS - 1_000;
  const site = codec.recordEncoder('control.site');
  const device = codec.recordEncoder('inventory.device');
  const options = { credential: 'lab', zone: 'default', profile: 'interface', intervalMs: SLOW_MS };
  return [
    ...network.sites().map((record) => ({
      topic: 'control.site' as const,
      entity: null,
      key: `${record.domain}/${record.slug}`,
      value: site.encode(record),
      appendedAtMs,
    })),
    ...network.inventory(options).map((record) => ({
      topic: 'inventory.device' as const,
      entity: record.entity,
      key: record.entity,
      value: device.encode(record),
      appendedAtMs,
    })),
  ];
}

function* ticks(codec: Codec, fromMs: number, toMs: number, stepMs: number): Generator<GoldenRecord> {
  const value = codec.recordEncoder('control.tick').encode({ writer: 'golden' });
  for (let appendedAtMs = fromMs; appendedAtMs < toMs; appendedAtMs += stepMs) {
    yield { topic: 'control.tick', entity: null, key: null, value, appendedAtMs };
  }
}
