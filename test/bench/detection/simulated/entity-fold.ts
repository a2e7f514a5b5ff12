/** The entity sub-topology as a task runs it, ticks included, over encoded readings: what anomalies come out. */
import type { Codec } from '../../../../pipeline/codec/port.ts';
import { Folding } from '../../../../pipeline/runtime/folding.ts';
import { ReadingProcessor } from '../../../../pipeline/runtime/reading-processor.ts';
import type { SavedUnit, SlotCounts } from '../../../../pipeline/runtime/state-units.ts';
import type { ProcessorOutput } from '../../../../pipeline/runtime/sub-topology.ts';
import { entityTopology } from '../../../../pipeline/topology.ts';
import type { AnomalyRecord } from '../../../../topics/anomaly.ts';
import { catalogue, type TopicName } from '../../../../topics/catalogue.ts';
import type { InventoryDeviceRecord, SiteRecord } from '../../../../topics/inventory.ts';
import { silentOutput } from '../../../support/silent-output.ts';
import { STAGE_DEFAULTS } from '../../../support/topology-driver.ts';

/** A state at one instant, that any number of folds can begin with. */
export interface FoldState {
  readonly counts: SlotCounts;
  readonly units: readonly SavedUnit[];
  readonly lastTickMs: number;
}

/** From when a reading was observed to when it lies in the log. */
const APPENDED_AFTER_MS = 300;
/** First polls and lost ones have no rates of quality `good`; more than that is a simulation that nobody believes. */
const LEAST_GOOD = 0.98;

export class EntityFold {
  readonly #codec: Codec;
  readonly #topology = entityTopology(catalogue, STAGE_DEFAULTS);
  readonly #folding: Folding<ReadingProcessor>;
  readonly #out: ProcessorOutput;
  readonly #units = new Map<string, SavedUnit>();
  readonly #anomalies: Buffer[] = [];
  /** Rows that were judged, and all. */
  #goodRows = 0;
  #rows = 0;
  #refused = 0;
  #offset = 0;

  private constructor(codec: Codec, from?: FoldState) {
    this.#codec = codec;
    this.#folding = new Folding(() => new ReadingProcessor({ codec, catalogue, topology: this.#topology }));
    if (from !== undefined) {
      const { counts, units } = from;
      const loader = this.#folding.processor.load(counts, units[0] === undefined ? [] : [units[0].columns]);
      for (const unit of units) loader.load(unit);
    }
    // Control records come ahead of all readings: their append times are not the task's.
    const ahead = new Map(this.#topology.control.map((topic) => [topic, Infinity] as const));
    this.#folding.continueFrom(ahead, from?.lastTickMs ?? Number.NaN);
    this.#out = {
      ...silentOutput,
      send: (topic, _key, value) => {
        if (topic === this.#topology.insight.anomaly) this.#anomalies.push(value);
      },
      deadLetter: () => void (this.#refused += 1),
      countRows: (quality, rows) => {
        this.#rows += rows;
        if (quality === 'good') this.#goodRows += rows;
      },
    };
  }

  /** `warm`: any reading of this codec, so that every schema is known. */
  static async start(codec: Codec, warm: Buffer, from?: FoldState): Promise<EntityFold> {
    const fold = new EntityFold(codec, from);
    await fold.#folding.processor.prepare('raw.interface', [warm]);
    return fold;
  }

  /** Where a device is. */
  async place(site: SiteRecord, device: InventoryDeviceRecord): Promise<void> {
    const encoded = [
      ['control.site', `${site.domain}/${site.slug}`, this.#codec.recordEncoder('control.site').encode(site)],
      ['inventory.device', device.entity, this.#codec.recordEncoder('inventory.device').encode(device)],
    ] as const;
    for (const [topic, key, value] of encoded) {
      await this.#folding.processor.prepare(topic, [value]);
      this.#fold(topic, Buffer.from(key), value, 0);
    }
  }

  reading(key: Buffer, value: Buffer, observedAtMs: number): void {
    this.#fold('raw.interface', key, value, observedAtMs + APPENDED_AFTER_MS);
  }

  /** Every revision since the last call, in order. @throws Error when what was simulated is not what a device says. */
  async anomalies(): Promise<AnomalyRecord[]> {
    if (this.#refused > 0 || this.#goodRows < LEAST_GOOD * this.#rows)
      throw new Error(`${this.#refused} readings refused, ${this.#goodRows} of ${this.#rows} rows good`);
    const decoder = this.#codec.recordDecoder('insight.anomaly');
    const taken = this.#anomalies.splice(0);
    await decoder.prepare(taken);
    return taken.map((value) => {
      const outcome = decoder.decode(value);
      if (outcome.kind === 'deadLetter') throw new Error(`insight.anomaly: ${outcome.detail}`);
      return outcome.record;
    });
  }

  /** The whole state now. */
  state(): FoldState {
    const snapshot = this.#folding.processor.snapshot();
    const { columns, entities, rows } = snapshot.layout;
    // The first snapshot holds everything, later ones what has changed.
    for (let unit = snapshot.next(); unit !== undefined; unit = snapshot.next())
      this.#units.set(unit.name, { ...unit, columns });
    return {
      counts: { entities, rows },
      units: [...this.#units.values()],
      lastTickMs: this.#folding.lastTickMs,
    };
  }

  #fold(topic: TopicName, key: Buffer, value: Buffer, appendedAtMs: number): void {
    const record = { topic, partition: 0, offset: this.#offset, appendedAtMs, key, value };
    this.#offset += 1;
    this.#folding.fold(topic, record, this.#out);
  }
}
