/**
 * Which anomalies of a device belong together: those that open within a while of each other are one story, however many
 * series say it. A story bears the id of its first anomaly (`correlation_group_id`).
 */
import type { ObjectState, StageContext } from '../stage.ts';

interface Story {
  id: string;
  /** When the last of its anomalies opened. */
  lastAtMs: number;
}

export interface Opening {
  readonly entity: string;
  readonly anomalyId: string;
  /** When it is told, by the reading's time. */
  readonly atMs: number;
  /** Of the device's polls; NaN where unknown. */
  readonly intervalMs: number;
}

export class Stories {
  readonly #withinMs: number;
  readonly #stories: ObjectState<Story>;

  constructor({ objects }: StageContext, withinMs: number) {
    this.#withinMs = withinMs;
    this.#stories = objects('stories');
  }

  /** @returns the id of the story that the anomaly belongs to: its own when it begins one. */
  storyOf({ entity, anomalyId, atMs, intervalMs }: Opening): string {
    const within = Math.max(this.#withinMs, Number.isNaN(intervalMs) ? 0 : 2 * intervalMs);
    const known = this.#stories.get(entity);
    const id = known !== undefined && atMs - known.lastAtMs <= within ? known.id : anomalyId;
    this.#stories.set(entity, { id, lastAtMs: atMs });
    return id;
  }

  /** Forgets what is over. */
  punctuate(entityTimeMs: (entity: string) => number): void {
    for (const [entity, { lastAtMs }] of this.#stories.entries()) {
      if (entityTimeMs(entity) - lastAtMs > FORGOTTEN_MS) this.#stories.delete(entity);
    }
  }
}

/** Far beyond any `withinMs`: a device whose polls stopped keeps its story so long. */
const FORGOTTEN_MS = 24 * 3_600_000;
