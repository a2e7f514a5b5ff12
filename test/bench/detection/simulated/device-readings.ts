/** Counters of a simulated device as the raw readings that a collector would publish. */
import type { Codec } from '../../../../pipeline/codec/port.ts';
import type { Reading } from '../../../../pipeline/model/reading.ts';
import { COUNTERS } from './quiet-device.ts';

export interface DeviceReadingsOptions {
  readonly codec: Codec;
  readonly entity: string;
  readonly ports: number;
  readonly intervalMs: number;
  /** When the agent started. */
  readonly bootedAtMs: number;
}

export class DeviceReadings {
  readonly #options: DeviceReadingsOptions;
  readonly #reading: Reading;
  readonly #encoder;
  /** Port by port, each of COUNTERS: whole numbers far below 2^53. */
  readonly #counters: Float64Array;

  /** `counters`: where they stand; from 0 unless told. */
  constructor(options: DeviceReadingsOptions, counters = new Float64Array(options.ports * COUNTERS.length)) {
    const { codec, ports } = options;
    this.#options = options;
    this.#counters = counters;
    this.#reading = codec.newReading('raw.interface');
    this.#encoder = codec.readingEncoder('raw.interface');
    this.#reading.reset(ports);
  }

  /** The same device with the same counters, which count on by themselves from here. */
  copy(): DeviceReadings {
    return new DeviceReadings(this.#options, this.#counters.slice());
  }

  /** Adds what the ports counted since the last poll. */
  add(counts: Float64Array): void {
    for (let at = 0; at < counts.length; at += 1) this.#counters[at]! += counts[at]!;
  }

  poll(observedAtMs: number): Buffer {
    const { entity, ports, intervalMs, bootedAtMs } = this.#options;
    const reading = this.#reading;
    const upMs = observedAtMs - bootedAtMs;
    reading.domain = 'default';
    reading.entity = entity;
    reading.deviceIp = '192.0.2.1';
    reading.collectorId = 'simulation';
    reading.pollId = '0190b5a0-0000-7000-8000-000000000000';
    reading.observedAtMs = observedAtMs;
    reading.durationMs = 20;
    reading.intervalMs = intervalMs;
    reading.sysUptime = Math.floor(upMs / 10) % 2 ** 32;
    reading.engineBoots = 1;
    reading.engineTime = Math.floor(upMs / 1_000);
    reading.reset(ports);
    for (let port = 0; port < ports; port += 1) this.#describe(port);
    for (const [index, name] of COUNTERS.entries()) this.#fill(name, index);
    return this.#encoder.encode(reading);
  }

  #describe(port: number): void {
    const reading = this.#reading;
    reading.number('if_index').values[port] = port + 1;
    reading.text('if_name').set(port, portName(port));
    reading.number('admin_status').values[port] = 1;
    reading.number('oper_status').values[port] = 1;
    reading.number('mtu').values[port] = 1_500;
    reading.number('if_high_speed').values[port] = 100_000;
    reading.number('duplex').values[port] = 3;
    reading.number('discontinuity_time').values[port] = 0;
  }

  #fill(name: (typeof COUNTERS)[number], index: number): void {
    const { ports } = this.#options;
    const { hi, lo, known } = this.#reading.counter(name);
    for (let port = 0; port < ports; port += 1) {
      const value = this.#counters[port * COUNTERS.length + index]!;
      hi[port] = Math.floor(value / 2 ** 32);
      lo[port] = value % 2 ** 32;
      known[port] = 1;
    }
  }
}

function portName(port: number): string {
  return `ge-0/0/${port}`;
}
