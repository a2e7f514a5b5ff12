/** What `netsigma rules` and `netsigma maintenance` do, on the broker that the configuration names. */
import type { Inventory } from './collect/inventory.ts';
import { RulesPublisher, type RuleChanges } from './collect/rules-publisher.ts';
import { parseRules } from './collect/rules-file.ts';
import type { Config } from './config.ts';
import { withTopics, type TopicsDeps } from './connected-topics.ts';
import { openBroker, openRegistry } from './connections.ts';
import type { Clock, Log } from './model/component.ts';
import { ConfigError } from './model/errors.ts';
import { readInventory } from './inventory-file.ts';
import type { MaintenanceStartOptions, RuleActions } from './cli/rules.ts';
import { readRules } from './rules-setting.ts';
import type { Catalogue } from '../topics/catalogue.ts';
import { ruleProblem, type RuleRecord } from '../topics/rules.ts';

export interface RulesCommandDeps extends TopicsDeps {
  readonly config: Config;
  readonly inventory: Inventory | undefined;
  readonly clock: Clock;
}

/** Each method connects, does its work and disconnects. @throws ConfigError; RetryableError when the broker is away. */
export interface RulesCommand {
  apply(file: string): Promise<RuleChanges>;
  /** Without verdicts: "netsigma anomaly list" shows them beside what they are about. */
  list(): Promise<readonly RuleRecord[]>;
  /** @returns the new rule. */
  startMaintenance(options: Omit<MaintenanceStartOptions, 'config'>): Promise<RuleRecord>;
  /** @returns the rule as it is now; undefined when it had not begun and was removed. */
  endMaintenance(id: string): Promise<RuleRecord | undefined>;
}

export function rulesCommand(deps: RulesCommandDeps): RulesCommand {
  const { config, clock } = deps;
  const domain = config.domain.toLowerCase();
  return {
    async apply(file) {
      const rules = readRules(file, { ...deps, nowMs: clock() });
      return connected(deps, (publisher) => publisher.apply(rules));
    },

    list: () =>
      connected(deps, async (publisher) =>
        (await publisher.list(domain)).filter(({ kind }) => kind !== 'verdict'),
      ),

    async startMaintenance(options) {
      const rule = maintenanceRule(deps, options);
      await connected(deps, (publisher) => publisher.put(rule));
      return rule;
    },

    endMaintenance: (id) =>
      connected(deps, async (publisher) => {
        const rule = (await publisher.list(domain)).find((one) => one.rule_id === id);
        const nowMs = clock();
        refuseEnd(id, rule, nowMs);
        const ended = { ...rule, ends_at: nowMs };
        if (ruleProblem(ended) !== undefined) {
          await publisher.remove(rule);
          return undefined;
        }
        await publisher.put(ended);
        return ended;
      }),
  };
}

function connected<T>(deps: RulesCommandDeps, use: (publisher: RulesPublisher) => Promise<T>): Promise<T> {
  return withTopics(deps, (topics) => use(new RulesPublisher(topics)));
}

/** Through the same door as the file's rules: the same checks, the same words. */
function maintenanceRule(
  deps: RulesCommandDeps,
  options: Omit<MaintenanceStartOptions, 'config'>,
): RuleRecord {
  const { config, catalogue, inventory, clock } = deps;
  const nowMs = clock();
  const startsAt = new Date(nowMs).toISOString();
  const entry = {
    id: `maintenance-${options.device
      .toLowerCase()
      .replaceAll(/[^a-z0-9_.-]/g, '-')
      .slice(0, 60)}-${startsAt.replaceAll(/\D/g, '').slice(0, 14)}`,
    kind: 'maintenance',
    device: options.device,
    interface: options.interface,
    starts_at: startsAt,
    ends_at: new Date(nowMs + options.for).toISOString(),
    reason: options.reason,
  };
  const { domain, collectorId: createdBy } = config;
  // JSON is YAML.
  const text = JSON.stringify({ rules: [entry] });
  const [rule] = parseRules(text, {
    domain,
    catalogue,
    inventory,
    createdBy,
    nowMs,
    name: 'the command',
  }).rules;
  return { ...rule!, managed_by: 'command' };
}

function refuseEnd(id: string, rule: RuleRecord | undefined, nowMs: number): asserts rule is RuleRecord {
  if (rule?.kind !== 'maintenance') {
    throw new ConfigError(
      `there is no maintenance window "${id}": run "netsigma rules list" to see those there are`,
    );
  }
  if (rule.managed_by === 'file') {
    throw new ConfigError(`"${id}" comes from a rules file: change its ends_at there and apply the file`);
  }
  if (rule.ends_at !== null && rule.ends_at <= nowMs) {
    throw new ConfigError(`"${id}" has been over since ${new Date(rule.ends_at).toISOString()}`);
  }
}

export interface RuleActionsDeps {
  readonly configured: (options: { readonly config?: string }) => {
    readonly config: Config;
    readonly log: Log;
  };
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly write: (text: string) => void;
}

/** The commands: they print what they did. */
export function ruleActions({ configured, catalogue, clock, write }: RuleActionsDeps): RuleActions {
  const on = (options: { readonly config?: string }): RulesCommand => {
    const { config, log } = configured(options);
    if (config.broker.kind === 'memory') {
      throw new ConfigError(
        'broker.kind is memory, whose topics live inside one process: put rules into a file, name it as rules.file ' +
          '(NETSIGMA_RULES_FILE), and "netsigma run" reads it at its start',
      );
    }
    const open = () => ({ broker: openBroker(config, log), registry: openRegistry(config, log) });
    return rulesCommand({ config, catalogue, inventory: readInventory(config), clock, log, open });
  };
  return {
    async rulesApply({ file, ...options }) {
      const { written, removed } = await on(options).apply(file);
      write(`rules written ${written}, removed ${removed}\n`);
    },

    async rulesList({ json, ...options }) {
      const rules = await on(options).list();
      for (const rule of rules) write(`${json ? JSON.stringify(rule) : ruleLine(rule)}\n`);
      if (rules.length === 0 && !json) write('no rules are published\n');
    },

    async maintenanceStart(options) {
      write(`${ruleLine(await on(options).startMaintenance(options))}\n`);
    },

    async maintenanceEnd({ id, ...options }) {
      const rule = await on(options).endMaintenance(id);
      write(rule === undefined ? `${id} removed: it had not begun\n` : `${ruleLine(rule)}\n`);
    },
  };
}

/** One line for people. */
export function ruleLine(rule: RuleRecord): string {
  const scope = [
    rule.entity,
    rule.interface_name,
    rule.metric_name,
    rule.device_role && `role ${rule.device_role}`,
  ];
  const where = [...scope, rule.site_id && `site ${rule.site_id}`].filter(Boolean).join(' ') || 'everything';
  const says = [
    rule.warn_sigma !== null && `warn ${rule.warn_sigma}`,
    rule.crit_sigma !== null && `crit ${rule.crit_sigma}`,
    rule.min_deviation !== null && `at least ${rule.min_deviation} off`,
    rule.suppressed === true && 'suppressed',
    rule.starts_at !== null && `from ${new Date(rule.starts_at).toISOString()}`,
    rule.ends_at !== null && `to ${new Date(rule.ends_at).toISOString()}`,
  ].filter((part) => part !== false);
  const reason = rule.reason === null ? '' : ` (${rule.reason})`;
  return `${rule.rule_id}  ${rule.kind}  ${where}: ${says.join(', ')}${reason}  [${rule.managed_by}]`;
}
