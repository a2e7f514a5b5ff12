/**
 * What the inventory may have said when a reading was folded. A task folds by append time, so the version that was the
 * newest then comes first; versions within a few seconds are allowed too (brokers stamp partitions by their own
 * clocks), and so is the newest of all: a task without any state reads the whole inventory before its first reading.
 */
import type { DeviceRecord, Located } from './records.ts';

export interface Enrichment {
  readonly netboxDeviceId: number | null;
  readonly siteId: number | null;
  readonly role: string | null;
  /** Mb/s by instance. */
  readonly speeds: ReadonlyMap<string, number>;
}

const WINDOW_MS = 10_000;
const UNKNOWN: Enrichment = { netboxDeviceId: null, siteId: null, role: null, speeds: new Map() };

interface Version {
  readonly fromMs: number;
  readonly enrichment: Enrichment;
}

export class Inventory {
  readonly #versions = new Map<string, Version[]>();

  constructor(records: readonly Located<DeviceRecord>[]) {
    for (const { key, value, appendedAtMs } of records) {
      if (key === null) continue;
      const versions = this.#versions.get(key) ?? [{ fromMs: -Infinity, enrichment: UNKNOWN }];
      versions.push({ fromMs: appendedAtMs, enrichment: value === null ? UNKNOWN : enrichmentOf(value) });
      this.#versions.set(key, versions);
    }
  }

  /** The likeliest first; never the same twice. */
  candidates(entity: string, appendedAtMs: number): Enrichment[] {
    const versions = this.#versions.get(entity);
    if (versions === undefined) return [UNKNOWN];
    const likeliest = versions.findLast(({ fromMs }) => fromMs <= appendedAtMs)!;
    const near = versions.filter(({ fromMs }, at) => {
      const untilMs = versions[at + 1]?.fromMs ?? Infinity;
      return fromMs <= appendedAtMs + WINDOW_MS && untilMs >= appendedAtMs - WINDOW_MS;
    });
    const seen = new Set<string>();
    return [likeliest, ...near, versions.at(-1)!].flatMap(({ enrichment }) => {
      const text = JSON.stringify({ ...enrichment, speeds: [...enrichment.speeds] });
      if (seen.has(text)) return [];
      seen.add(text);
      return [enrichment];
    });
  }
}

function enrichmentOf({ netbox_device_id, site_id, role, interfaces }: DeviceRecord): Enrichment {
  const speeds = interfaces.flatMap(({ interface_name: name, speed_mbps: speed }) =>
    speed === null ? [] : [[name, speed] as const],
  );
  return { netboxDeviceId: netbox_device_id, siteId: site_id, role, speeds: new Map(speeds) };
}
