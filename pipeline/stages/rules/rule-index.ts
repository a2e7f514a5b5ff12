/**
 * The valid rules of one kind, found by entity. What fits an entity is worked out once and kept until a rule, its
 * site or its role changes; without rules nothing is looked up at all.
 */
import type { Reading } from '../../model/reading.ts';
import type { TopicName } from '../../../topics/catalogue.ts';
import { ruleKey, ruleProblem, type RuleKind, type RuleRecord } from '../../../topics/rules.ts';
import type { StageContext } from '../stage.ts';

/**
 * How much each selector narrows a rule: device before interface name before metric before role before site. So a
 * rule of a device and a metric beats one of the device alone, which beats one of an interface name anywhere.
 */
const WEIGHTS = { entity: 16, interface_name: 8, metric_name: 4, device_role: 2, site_id: 1 } as const;
const SELECTORS = Object.keys(WEIGHTS) as (keyof typeof WEIGHTS)[];

type Place = Pick<Reading, 'domain' | 'entity' | 'siteId' | 'deviceRole'>;

interface EntityRules<T> {
  readonly siteId: number;
  readonly deviceRole: string | null;
  readonly rules: readonly T[];
}

const NONE: readonly never[] = [];

/** T is what the stage makes of a record. */
export class RuleIndex<T extends { readonly record: RuleRecord }> {
  readonly #kind: RuleKind;
  readonly #made: (record: RuleRecord) => T;
  /** In the checkpoint. The rest follows from it. */
  readonly #records;
  #sorted: readonly T[] | undefined;
  readonly #byEntity = new Map<string, EntityRules<T>>();

  constructor({ objects }: StageContext, kind: RuleKind, made: (record: RuleRecord) => T) {
    this.#kind = kind;
    this.#made = made;
    this.#records = objects<RuleRecord>('rules');
  }

  /** @returns false when it was a rule that nobody can follow: it counts as removed. */
  update(topic: TopicName, key: string, record: unknown): boolean {
    if (topic !== 'control.rule') return true;
    const rule = record as RuleRecord | null;
    const valid = rule !== null && ruleKey(rule) === key && ruleProblem(rule) === undefined;
    if (valid && rule.kind === this.#kind) this.#records.set(key, rule);
    else this.#records.delete(key);
    this.#sorted = undefined;
    this.#byEntity.clear();
    return valid || rule === null;
  }

  /** Rules that fit the entity (of any of its interfaces and metrics), the most specific first. */
  of(place: Place): readonly T[] {
    if (this.#records.size === 0) return NONE;
    const known = this.#byEntity.get(place.entity);
    if (
      known !== undefined &&
      Object.is(known.siteId, place.siteId) &&
      known.deviceRole === place.deviceRole
    ) {
      return known.rules;
    }
    this.#sorted ??= [...this.#records.entries()]
      .map(([, record]) => this.#made(record))
      .sort(
        (a, b) => weightOf(b.record) - weightOf(a.record) || (a.record.rule_id < b.record.rule_id ? -1 : 1),
      );
    const rules = this.#sorted.filter(({ record }) => fits(record, place));
    const { siteId, deviceRole } = place;
    this.#byEntity.set(place.entity, { siteId, deviceRole, rules });
    return rules;
  }
}

function fits(rule: RuleRecord, { domain, entity, siteId, deviceRole }: Place): boolean {
  return (
    rule.domain === domain &&
    (rule.entity === null || rule.entity === entity) &&
    (rule.site_id === null || rule.site_id === siteId) &&
    (rule.device_role === null || rule.device_role === deviceRole)
  );
}

function weightOf(rule: RuleRecord): number {
  return SELECTORS.reduce((sum, name) => (rule[name] === null ? sum : sum + WEIGHTS[name]), 0);
}
