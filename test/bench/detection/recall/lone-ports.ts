/**
 * The ports of a simulated device, each as a device of its own: what is said of one then has nothing to do with what goes
 * wrong with the others in the same hour.
 */
import type { Codec } from '../../../../pipeline/codec/port.ts';
import { entityKey, type EntityKey } from '../../../../pipeline/model/entity.ts';
import { deviceRecord } from '../../../support/inventory-records.ts';
import { DeviceReadings } from '../simulated/device-readings.ts';
import type { EntityFold } from '../simulated/entity-fold.ts';
import { START_MS, type PlannedDevice } from '../simulated/plan.ts';
import { COUNTERS } from '../simulated/quiet-device.ts';

const DAY_MS = 86_400_000;

export class LonePorts {
  readonly #readings: readonly DeviceReadings[];
  readonly #keys: readonly Buffer[];

  private constructor(readings: readonly DeviceReadings[], keys: readonly Buffer[]) {
    this.#readings = readings;
    this.#keys = keys;
  }

  static of(codec: Codec, { name, ports, intervalMs }: PlannedDevice): LonePorts {
    const entities = Array.from({ length: ports }, (_, port) => LonePorts.entity(name, port));
    const bootedAtMs = START_MS - 30 * DAY_MS;
    const readings = entities.map(
      (entity) => new DeviceReadings({ codec, entity, ports: 1, intervalMs, bootedAtMs }),
    );
    return new LonePorts(
      readings,
      entities.map((entity) => Buffer.from(entity)),
    );
  }

  static entity(device: string, port: number): EntityKey {
    return entityKey('default', 'device', `${device}-port-${port}`);
  }

  /** With the same counters, which count on by themselves from here. */
  copy(): LonePorts {
    return new LonePorts(
      this.#readings.map((readings) => readings.copy()),
      this.#keys,
    );
  }

  /** Tells the stages where they are. */
  async place(fold: EntityFold, { name, ports, site, intervalMs }: PlannedDevice): Promise<void> {
    for (let port = 0; port < ports; port += 1) {
      const changes = { interval_ms: intervalMs, site_id: site.site_id, site_slug: site.slug };
      await fold.place(site, deviceRecord(`${name}-port-${port}`, changes));
    }
  }

  /** Any reading of theirs. */
  example(): Buffer {
    return this.#readings[0]!.copy().poll(START_MS);
  }

  /** Folds a poll of each, after they counted `counts` since the last. */
  poll(fold: EntityFold, counts: Float64Array, atMs: number): void {
    for (const [port, readings] of this.#readings.entries()) {
      readings.add(counts.subarray(port * COUNTERS.length, (port + 1) * COUNTERS.length));
      fold.reading(this.#keys[port]!, readings.poll(atMs), atMs);
    }
  }
}
