/** metric.interface of one entity, taken poll by poll. */
import type { Located, MetricRecord, RawRecord } from './records.ts';

/** The records of one entity, taken in order. */
export class FoundRecords {
  readonly #records: Located<MetricRecord>[] = [];
  /** Places of each poll, ascending. */
  readonly #places = new Map<string, number[]>();
  readonly #taken = new Set<string>();
  #next = 0;

  push(record: Located<MetricRecord>): void {
    const key = record.value === null ? 'a tombstone' : pollKey(record.value);
    const places = this.#places.get(key);
    if (places === undefined) this.#places.set(key, [this.#records.length]);
    else places.push(this.#records.length);
    this.#records.push(record);
  }

  peek(key: string): Located<MetricRecord> | undefined {
    const place = this.#places.get(key)?.find((index) => index >= this.#next);
    return place === undefined ? undefined : this.#records[place];
  }

  /** The next record of that poll, and those before it that nobody took. */
  take(key: string): {
    record: Located<MetricRecord> | undefined;
    skipped: readonly Located<MetricRecord>[];
  } {
    const place = this.#places.get(key)?.find((index) => index >= this.#next);
    if (place === undefined) return { record: undefined, skipped: [] };
    const skipped = this.#records.slice(this.#next, place);
    this.#next = place + 1;
    this.#taken.add(key);
    return { record: this.#records[place], skipped };
  }

  wasTaken(key: string): boolean {
    return this.#taken.has(key);
  }

  rest(): readonly Located<MetricRecord>[] {
    return this.#records.slice(this.#next);
  }
}

/** What a poll and its part are known by. */
export function pollKey({
  poll_id,
  part,
  observed_at,
}: Pick<RawRecord, 'poll_id' | 'part' | 'observed_at'>): string {
  return `${poll_id} part ${part} at ${observed_at}`;
}
