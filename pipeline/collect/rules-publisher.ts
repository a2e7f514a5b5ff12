/**
 * Puts rules on control.rule: each to every partition, all that differs in one transaction. Rules of a file are
 * removed when it has them no more; those that a command made stay until a command ends them.
 */
import type { ProducerRecord } from '../broker/port.ts';
import type { Component } from '../model/component.ts';
import { ruleKey, type RuleRecord } from '../../topics/rules.ts';
import type { RuleSet } from './rules-file.ts';
import {
  changedKeys,
  fingerprintOf,
  TopicSync,
  type HeldPartition,
  type TopicSyncDeps,
} from './topic-sync.ts';

export interface RuleChanges {
  readonly written: number;
  readonly removed: number;
}

export class RulesPublisher {
  readonly #deps: TopicSyncDeps;
  readonly #sync: TopicSync;

  constructor(deps: TopicSyncDeps) {
    this.#deps = deps;
    this.#sync = new TopicSync(deps, 'rules');
  }

  /** Brings the rules that files manage to `set`. @throws RetryableError when the broker is away. */
  async apply({ domain, rules }: RuleSet): Promise<RuleChanges> {
    const wanted = new Map(rules.map((rule) => [ruleKey(rule), rule]));
    const written = await this.#write(domain, (held) => {
      // What a command made is left as it is, unless the file says otherwise.
      const others = held.flatMap((one) =>
        [...one.values()].flatMap(({ record }) => (record?.managed_by === 'command' ? [record] : [])),
      );
      return new Map([...others.map((rule) => [ruleKey(rule), rule] as const), ...wanted]);
    });
    this.#deps.log.info({ domain, rules: rules.length, ...written }, 'rules published');
    return written;
  }

  /** Adds or replaces one rule. @throws RetryableError when the broker is away. */
  async put(rule: RuleRecord): Promise<RuleChanges> {
    return this.#write(rule.domain, (held) => {
      const all = held.flatMap((one) => [...one.values()].flatMap(({ record }) => record ?? []));
      return new Map([...all, rule].map((one) => [ruleKey(one), one]));
    });
  }

  /** @throws RetryableError when the broker is away. */
  async remove(rule: RuleRecord): Promise<RuleChanges> {
    return this.#write(rule.domain, (held) => {
      const all = held.flatMap((one) => [...one.values()].flatMap(({ record }) => record ?? []));
      const wanted = new Map(all.map((one) => [ruleKey(one), one]));
      wanted.delete(ruleKey(rule));
      return wanted;
    });
  }

  /** All rules of the domain, by id. */
  async list(domain: string): Promise<RuleRecord[]> {
    const held = await this.#sync.held('control.rule', domain, rulePrint);
    const rules = new Map(
      held.flatMap((one) =>
        [...one].flatMap(([key, { record }]) => (record ? [[key, record] as const] : [])),
      ),
    );
    return [...rules.values()].sort((a, b) => (a.rule_id < b.rule_id ? -1 : 1));
  }

  async #write(
    domain: string,
    wantedOf: (held: readonly HeldPartition<'control.rule'>[]) => ReadonlyMap<string, RuleRecord>,
  ): Promise<RuleChanges> {
    const records = await this.#sync.sync(domain, async (): Promise<ProducerRecord[][]> => {
      const held = await this.#sync.held('control.rule', domain, rulePrint);
      const wanted = wantedOf(held);
      const prints = new Map([...wanted].map(([key, rule]) => [key, rulePrint(rule)]));
      const keys = changedKeys(held, prints);
      return keys.length === 0
        ? []
        : [keys.flatMap((key) => this.#sync.broadcast('control.rule', key, wanted.get(key)))];
    });
    const values = new Map(records.map(({ key, value }) => [String(key), value]));
    const removed = [...values.values()].filter((value) => value === null).length;
    return { written: values.size - removed, removed };
  }
}

/** Publishes the rules at its start. */
export function rulesPublishing(deps: TopicSyncDeps, rules: RuleSet): Component {
  return {
    name: 'rules-publisher',
    async start() {
      await new RulesPublisher(deps).apply(rules);
    },
    async stop() {
      // Nothing runs after the start.
    },
  };
}

/** The same rule at another time is the same rule. */
function rulePrint(rule: RuleRecord): string {
  return fingerprintOf({ ...rule, created_at: null, created_by: null });
}
