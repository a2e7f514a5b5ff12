/** metric.interface against what raw.interface says it should be: record by record, in order per entity. */
import { at, Differences, shown } from './differences.ts';
import { deviceIdOf } from './entity-ids.ts';
import { FoundRecords, pollKey } from './found-records.ts';
import { Inventory, type Enrichment } from './inventory.ts';
import { foldPoll, newDevice, type Computed, type DeviceState, type Outcome } from './rates/poll.ts';
import { refusalOf, UNDECODABLE } from './refusal.ts';
import type { DeadLetterRecord, Located, MetricRecord, RawRecord, Topics } from './records.ts';

export interface MetricCounts {
  rawRecords: number;
  rawRows: number;
  metricRecords: number;
  metricRows: number;
  /** Raw records without a metric record: late, without rows, refused. */
  late: number;
  withoutRows: number;
  refused: number;
  /** Records that only agreed with another version of the inventory than the one by append time. */
  otherInventory: number;
}

export interface MetricCheck {
  readonly counts: MetricCounts;
  /** Fields of rows that the verifier does not know. */
  readonly unverified: ReadonlySet<string>;
}

export function checkMetrics(topics: Topics, differences: Differences): MetricCheck {
  const check = new MetricChecker(topics, differences);
  check.run(topics.raw);
  return check;
}

class MetricChecker implements MetricCheck {
  readonly counts: MetricCounts;
  readonly unverified = new Set<string>();
  readonly #differences: Differences;
  readonly #inventory: Inventory;
  readonly #metrics: ReadonlyMap<string, FoundRecords>;
  readonly #deadLetters: Map<string, Located<DeadLetterRecord>>;
  readonly #devices = new Map<string, DeviceState>();

  constructor({ raw, metrics, inventory, deadLetters }: Topics, differences: Differences) {
    const rowsOf = (records: readonly Located<{ rows: readonly unknown[] }>[]) =>
      records.reduce((sum, { value }) => sum + (value?.rows.length ?? 0), 0);
    this.counts = {
      rawRecords: raw.length,
      rawRows: rowsOf(raw),
      metricRecords: metrics.length,
      metricRows: rowsOf(metrics),
      late: 0,
      withoutRows: 0,
      refused: 0,
      otherInventory: 0,
    };
    this.#differences = differences;
    this.#inventory = new Inventory(inventory);
    const found = new Map<string, FoundRecords>();
    for (const record of metrics) {
      const entity = record.value?.entity ?? `${record.key}`;
      let records = found.get(entity);
      if (records === undefined) found.set(entity, (records = new FoundRecords()));
      records.push(record);
    }
    this.#metrics = found;
    const rawTopic = raw[0]?.topic;
    this.#deadLetters = new Map();
    for (const letter of deadLetters) {
      if (letter.value?.topic !== rawTopic || letter.value?.row !== null) continue;
      const place = placeOf(letter.value);
      if (this.#deadLetters.has(place)) {
        differences.add({ kind: 'twice', where: letter.topic, key: place, ...at(letter) });
      }
      this.#deadLetters.set(place, letter);
    }
  }

  run(raw: readonly Located<RawRecord>[]): void {
    for (const record of raw) {
      const refusal = refusalOf(record);
      if (refusal === undefined) this.#fold(record, record.value!);
      else this.#expectDeadLetter(record, refusal);
    }
    for (const [entity, found] of this.#metrics)
      for (const left of found.rest()) this.#surplus(entity, left, found);
    for (const [place, letter] of this.#deadLetters) {
      const found = letter.value!.reason;
      this.#differences.add({ kind: 'unexpected', where: letter.topic, key: place, ...at(letter), found });
    }
  }

  #fold(record: Located<RawRecord>, raw: RawRecord): void {
    const device = this.#devices.get(raw.entity) ?? newDevice();
    const found = this.#metrics.get(raw.entity);
    const key = pollKey(raw);
    const candidates = this.#inventory.candidates(raw.entity, record.appendedAtMs);
    const [likeliest] = candidates;
    if (candidates.length === 1) {
      this.#devices.set(raw.entity, device);
      this.#judge(record, raw, foldPoll(device, raw, likeliest!.speeds), likeliest!, found, key);
      return;
    }
    const there = found?.peek(key);
    const tried = candidates.map((enrichment) => {
      const state = structuredClone(device);
      const outcome = foldPoll(state, raw, enrichment.speeds);
      return { enrichment, state, outcome, fits: this.#fits(record, raw, outcome, enrichment, there) };
    });
    const chosen = tried.find(({ fits }) => fits) ?? tried[0]!;
    if (chosen !== tried[0]) this.counts.otherInventory += 1;
    this.#devices.set(raw.entity, chosen.state);
    this.#judge(record, raw, chosen.outcome, chosen.enrichment, found, key);
  }

  #fits(
    record: Located<RawRecord>,
    raw: RawRecord,
    outcome: Outcome,
    enrichment: Enrichment,
    found: Located<MetricRecord> | undefined,
  ): boolean {
    if (outcome.kind !== 'metric' || found === undefined) return true;
    const trial = new Differences();
    this.#compare(record, raw, outcome.computed, enrichment, found, trial);
    return trial.total === 0;
  }

  #judge(
    record: Located<RawRecord>,
    raw: RawRecord,
    outcome: Outcome,
    enrichment: Enrichment,
    found: FoundRecords | undefined,
    key: string,
  ): void {
    switch (outcome.kind) {
      case 'refused':
        this.#expectDeadLetter(record, outcome.reason);
        return;
      case 'nothing':
        if (outcome.reason === 'late') this.counts.late += 1;
        else this.counts.withoutRows += 1;
        return;
      case 'metric': {
        const taken = found?.take(key);
        for (const skipped of taken?.skipped ?? []) this.#surplus(raw.entity, skipped, found!);
        if (taken?.record === undefined) {
          const expected = `a record of poll ${key}`;
          this.#differences.add({
            kind: 'missing',
            where: 'metric.interface',
            key: raw.entity,
            ...at(record),
            expected,
          });
          return;
        }
        this.#compare(record, raw, outcome.computed, enrichment, taken.record, this.#differences);
      }
    }
  }

  #compare(
    from: Located<RawRecord>,
    raw: RawRecord,
    computed: Computed,
    enrichment: Enrichment,
    found: Located<MetricRecord>,
    differences: Differences,
  ): void {
    const value = found.value!;
    const compare = (field: string, expected: unknown, there: unknown, row?: number) => {
      if (differences.same(expected, there)) return;
      const where = {
        where: 'metric.interface',
        key: raw.entity,
        ...at(found),
        ...(row !== undefined && { row }),
      };
      differences.add({ kind: 'different', ...where, field, expected: shown(expected), found: shown(there) });
    };
    compare('key', from.key, found.key);
    compare('partition', from.partition, found.partition);
    for (const [field, expected] of Object.entries(raw)) {
      if (field !== 'rows' && field !== 'errors') compare(field, expected, value[field as keyof RawRecord]);
    }
    compare('errors', JSON.stringify(raw.errors), JSON.stringify(value.errors));
    compare('device_id', deviceIdOf(raw.entity), value.device_id);
    compare('netbox_device_id', enrichment.netboxDeviceId, value.netbox_device_id);
    compare('site_id', enrichment.siteId, value.site_id);
    compare('device_role', enrichment.role, value.device_role);
    compare('rows.length', computed.rows.length, value.rows.length);
    for (const [row, expected] of computed.rows.entries()) {
      const there = value.rows[row];
      if (there === undefined) break;
      for (const [field, wanted] of Object.entries(expected)) compare(field, wanted, there[field], row);
      for (const field of Object.keys(there)) {
        if (field in expected) continue;
        // A row of a failed poll has nothing but what was read.
        if (expected['quality'] === 'unknown') compare(field, null, there[field], row);
        else this.unverified.add(`metric.interface.${field}`);
      }
    }
    compare('exceptions', JSON.stringify(computed.exceptions), JSON.stringify(value.exceptions));
  }

  #surplus(entity: string, record: Located<MetricRecord>, found: FoundRecords): void {
    const key = record.value === null ? 'a tombstone' : pollKey(record.value);
    const kind = found.wasTaken(key) ? 'twice' : 'unexpected';
    this.#differences.add({
      kind,
      where: 'metric.interface',
      key: entity,
      ...at(record),
      found: `poll ${key}`,
    });
  }

  #expectDeadLetter(record: Located<RawRecord>, reason: string): void {
    this.counts.refused += 1;
    const place = placeOf(record);
    const letter = this.#deadLetters.get(place);
    this.#deadLetters.delete(place);
    if (letter?.value?.reason === reason || (letter !== undefined && reason === UNDECODABLE)) return;
    const kind = letter === undefined ? 'missing' : 'different';
    const found = letter === undefined ? {} : { found: letter.value!.reason };
    this.#differences.add({
      kind,
      where: 'netsigma.dead-letter',
      key: `${record.key}`,
      ...at(record),
      expected: reason,
      ...found,
    });
  }
}

function placeOf({ topic, partition, offset }: { topic: string; partition: number; offset: bigint }): string {
  return `${topic}/${partition}/${offset}`;
}
