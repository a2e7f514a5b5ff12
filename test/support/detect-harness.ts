/**
 * suspend, baseline and detect fused over one Reading, as a task runs them: polls are plain objects, and the whole state can
 * be taken out and put into another harness, as a restart does.
 */
import { Reading, type PollStatus } from '../../pipeline/model/reading.ts';
import { StateStore } from '../../pipeline/runtime/state-store.ts';
import {
  baseline,
  BASELINE_DEFAULTS,
  type BaselineSettings,
} from '../../pipeline/stages/baseline/baseline.ts';
import {
  baselinedMetrics,
  judgedStatuses,
  statusMetrics,
} from '../../pipeline/stages/baseline/baselined-metrics.ts';
import { detect, DETECT_DEFAULTS, type DetectSettings } from '../../pipeline/stages/detect/detect.ts';
import type { ObjectState, StageOutput } from '../../pipeline/stages/stage.ts';
import { suspend } from '../../pipeline/stages/suspend.ts';
import type { AnomalyRecord } from '../../topics/anomaly.ts';
import { catalogue, type Catalogue } from '../../topics/catalogue.ts';
import type { BaselineRecord } from '../../topics/insight.ts';
import { QUALITIES, type Quality } from '../../topics/interface.ts';
import { ruleKey, type RuleRecord } from '../../topics/rules.ts';

/** Metrics and statuses by column; `quality` is good and the ports are up unless told. */
export type PortSample = Readonly<Record<string, number>>;

export interface Poll {
  readonly atMs: number;
  readonly rows: Readonly<Record<string, PortSample>>;
  readonly quality?: Quality;
  readonly dtS?: number;
  readonly entity?: string;
  readonly timeZone?: string;
  /** Right after it was observed unless told: the entity is live. */
  readonly appendedAtMs?: number;
  readonly siteId?: number;
  readonly role?: string;
  readonly part?: number;
  readonly parts?: number;
  readonly status?: PollStatus;
}

interface DetectHarnessOptions {
  readonly catalogue?: Catalogue;
  readonly baseline?: Partial<BaselineSettings>;
  readonly detect?: Partial<DetectSettings>;
}

export interface DetectState {
  readonly columns: Map<string, readonly ArrayBufferView[]>;
  readonly objects: Map<string, Map<string, unknown>>;
  readonly slots: Map<string, number>;
}

export class DetectHarness {
  readonly reading = new Reading();
  readonly anomalies: AnomalyRecord[] = [];
  readonly baselines: BaselineRecord[] = [];
  readonly outcomes = new Map<string, number>();
  readonly state = new StateStore();
  readonly #stages;
  readonly #objects = new Map<string, Map<string, unknown>>();
  readonly #slots = new Map<string, number>();
  readonly #out: StageOutput = {
    anomaly: (record) => this.anomalies.push(record),
    baseline: (record) => this.baselines.push(record),
    features() {},
    evaluation() {},
    summary() {},
    count: (_stage, outcome, by = 1) => this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + by),
  };

  constructor(options: DetectHarnessOptions = {}) {
    const from = options.catalogue ?? catalogue;
    const metrics = baselinedMetrics(from);
    const definitions = [
      suspend({ settleMs: options.detect?.settleMs ?? DETECT_DEFAULTS.settleMs }),
      baseline(metrics, { ...BASELINE_DEFAULTS, ...options.baseline }, statusMetrics(from)),
      detect(metrics, { ...DETECT_DEFAULTS, ...options.detect }, judgedStatuses(from)),
    ];
    this.#stages = definitions.map((definition) =>
      definition.init({
        ...this.state.context(definition, this.reading),
        reading: this.reading,
        objects: <V>(name: string) => this.#objectState<V>(`${definition.name}.${name}`),
      }),
    );
  }

  poll(poll: Poll): this {
    const samples = Object.values(poll.rows);
    return this.pollColumns(poll, Object.keys(poll.rows), ({ reading }) => {
      for (const [row, sample] of samples.entries()) {
        for (const [column, value] of Object.entries(sample)) reading.number(column).values[row] = value;
      }
    });
  }

  /** A poll whose metrics `fill` writes straight into the columns: for many rows. */
  pollColumns(poll: Omit<Poll, 'rows'>, instances: readonly string[], fill: (of: this) => void): this {
    const { reading } = this;
    reading.reset(instances.length);
    reading.domain = 'default';
    reading.entity = poll.entity ?? 'default/device/r1';
    reading.deviceId = 'd1';
    reading.observedAtMs = poll.atMs;
    reading.appendedAtMs = poll.appendedAtMs ?? poll.atMs + 50;
    const dtS = poll.dtS ?? 300;
    reading.intervalMs = dtS * 1000;
    reading.timeZone = poll.timeZone ?? 'UTC';
    reading.siteId = poll.siteId ?? Number.NaN;
    reading.siteName = poll.siteId === undefined ? null : `site ${poll.siteId}`;
    reading.deviceRole = poll.role ?? null;
    reading.pollId = `poll-${poll.atMs}`;
    reading.status = poll.status ?? 'complete';
    reading.part = poll.part ?? 1;
    reading.parts = poll.parts ?? 1;
    reading.entitySlot = this.#slot(reading.entity, () => this.state.newEntity());
    reading.quality.fill(QUALITIES.indexOf(poll.quality ?? 'good'), 0, instances.length);
    for (const [row, instance] of instances.entries()) {
      reading.slots[row] = this.#slot(`${reading.entity} ${instance}`, () => this.state.newRows(1));
      reading.instances[row] = instance;
      reading.number('if_index').values[row] = row + 1;
    }
    reading.number('dt_s').values.fill(dtS, 0, instances.length);
    for (const status of ['admin_status', 'oper_status']) {
      reading.number(status).values.fill(1, 0, instances.length);
    }
    fill(this);
    for (const stage of this.#stages) stage.process(reading, this.#out);
    return this;
  }

  /** A record of control.rule, or its tombstone. */
  rule(rule: RuleRecord): this {
    return this.#update(ruleKey(rule), rule);
  }

  removeRule(rule: RuleRecord): this {
    return this.#update(ruleKey(rule), null);
  }

  #update(key: string, rule: RuleRecord | null): this {
    for (const stage of this.#stages) stage.update?.('control.rule', key, rule, this.#out);
    return this;
  }

  tick(tickMs: number, entityTimeMs = tickMs): this {
    for (const stage of this.#stages) stage.punctuate?.(tickMs, () => entityTimeMs, this.#out);
    return this;
  }

  /** A number of the last poll, by column and row. */
  number(column: string, row = 0): number {
    return this.reading.number(column).values[row]!;
  }

  /** Anomalies sent since the last call. */
  take(): AnomalyRecord[] {
    return this.anomalies.splice(0);
  }

  snapshot(): DetectState {
    const columns = [...this.state.columns()].map(([name, { column }]) => [name, column.segments] as const);
    return structuredClone({ columns: new Map(columns), objects: this.#objects, slots: this.#slots });
  }

  restore({ columns, objects, slots }: DetectState): this {
    for (const key of slots.keys()) {
      this.#slot(key, () => (key.includes(' ') ? this.state.newRows(1) : this.state.newEntity()));
    }
    for (const [name, { column }] of this.state.columns()) {
      for (const [segment, array] of columns.get(name)!.entries()) {
        column.segments[segment]!.set(array as unknown as ArrayLike<number>);
      }
    }
    for (const [name, entries] of objects) {
      for (const [key, value] of entries) this.#objectState(name).set(key, structuredClone(value));
    }
    return this;
  }

  #objectState<V>(name: string): ObjectState<V> {
    let objects = this.#objects.get(name) as Map<string, V> | undefined;
    if (objects === undefined) this.#objects.set(name, (objects = new Map<string, V>()));
    return objects;
  }

  #slot(key: string, allocate: () => number): number {
    let slot = this.#slots.get(key);
    if (slot === undefined) this.#slots.set(key, (slot = allocate()));
    return slot;
  }
}
