/** What `netsigma anomaly` does, on the broker that the configuration names. */
import { findAnomaly, lastAnomalies } from './anomaly-log.ts';
import type { AnomalyActions, AnomalyJudgeOptions, AnomalyListOptions } from './cli/anomaly.ts';
import { RulesPublisher } from './collect/rules-publisher.ts';
import type { Config } from './config.ts';
import { withTopics, type TopicsDeps } from './connected-topics.ts';
import { openBroker, openRegistry } from './connections.ts';
import type { Clock, Log } from './model/component.ts';
import { ConfigError } from './model/errors.ts';
import type { AnomalyRecord } from '../topics/anomaly.ts';
import type { Catalogue } from '../topics/catalogue.ts';
import { DAYS } from '../topics/row.ts';
import { ruleKey, verdictRule, verdictRuleId, type RuleRecord, type VerdictRule } from '../topics/rules.ts';

export interface AnomalyCommandDeps extends TopicsDeps {
  readonly config: Config;
  readonly clock: Clock;
}

/** An anomaly and what people say of it. */
export interface JudgedAnomaly {
  readonly anomaly: AnomalyRecord;
  readonly verdict: VerdictRule | undefined;
}

/** Each method connects, does its work and disconnects. @throws ConfigError; RetryableError when the broker is away. */
export interface AnomalyCommand {
  list(options: Pick<AnomalyListOptions, 'limit' | 'open'>): Promise<readonly JudgedAnomaly[]>;
  /** Replaces what was said of the anomaly before. @returns the verdict. */
  judge(options: Omit<AnomalyJudgeOptions, 'config'>): Promise<VerdictRule>;
  /** @returns the verdict that no longer holds. */
  withdraw(anomalyId: string): Promise<VerdictRule>;
}

export function anomalyCommand(deps: AnomalyCommandDeps): AnomalyCommand {
  const { config, catalogue, clock } = deps;
  const domain = config.domain.toLowerCase();
  const verdicts = async (publisher: RulesPublisher): Promise<Map<string, VerdictRule>> => {
    const rules = (await publisher.list(domain)).flatMap((rule) => verdictRule(ruleKey(rule), rule) ?? []);
    return new Map(rules.map((rule) => [rule.anomaly_id, rule]));
  };
  return {
    list: ({ limit, open }) =>
      withTopics(deps, async (topics) => {
        const said = await verdicts(new RulesPublisher(topics));
        const isWanted = (one: AnomalyRecord): boolean =>
          one.domain === domain && (!open || one.state !== 'closed');
        const anomalies = await lastAnomalies(topics, limit, isWanted);
        return anomalies.map((anomaly) => ({ anomaly, verdict: said.get(anomaly.anomaly_id) }));
      }),

    judge: ({ id, verdict, note, by }) =>
      withTopics(deps, async (topics) => {
        const anomaly = await findAnomaly(topics, id);
        if (anomaly?.domain !== domain) throw unknownAnomaly(id, domain, catalogue);
        const rule = verdictOf(anomaly, {
          verdict,
          reason: note ?? null,
          created_by: by ?? config.collectorId,
          created_at: clock(),
        });
        await new RulesPublisher(topics).put(rule);
        return rule;
      }),

    withdraw: (anomalyId) =>
      withTopics(deps, async (topics) => {
        const publisher = new RulesPublisher(topics);
        const rule = (await verdicts(publisher)).get(anomalyId);
        if (rule === undefined) {
          throw new ConfigError(
            `nobody has said anything of the anomaly ${anomalyId}: run "netsigma anomaly list" to see what was said`,
          );
        }
        await publisher.remove(rule);
        return rule;
      }),
  };
}

function unknownAnomaly(id: string, domain: string, catalogue: Catalogue): ConfigError {
  const days = catalogue['insight.anomaly'].retentionMs / DAYS;
  return new ConfigError(
    `there is no anomaly ${id} of the domain ${domain} in insight.anomaly, which keeps ${days} days: ` +
      'run "netsigma anomaly list" to see the last ones',
  );
}

function verdictOf(
  anomaly: AnomalyRecord,
  said: Pick<VerdictRule, 'verdict' | 'reason' | 'created_by' | 'created_at'>,
): VerdictRule {
  return {
    domain: anomaly.domain,
    rule_id: verdictRuleId(anomaly.anomaly_id),
    kind: 'verdict',
    managed_by: 'command',
    entity: anomaly.entity,
    interface_name: anomaly.interface_name,
    metric_name: anomaly.metric_name,
    device_role: null,
    site_id: null,
    warn_sigma: null,
    crit_sigma: null,
    min_deviation: null,
    suppressed: null,
    starts_at: null,
    ends_at: null,
    anomaly_id: anomaly.anomaly_id,
    detector: anomaly.detector,
    detector_version: anomaly.detector_version,
    opened_at: anomaly.opened_at,
    ...said,
  };
}

export interface AnomalyActionsDeps {
  readonly configured: (options: { readonly config?: string }) => {
    readonly config: Config;
    readonly log: Log;
  };
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly write: (text: string) => void;
}

/** The commands: they print what they did. */
export function anomalyActions({ configured, catalogue, clock, write }: AnomalyActionsDeps): AnomalyActions {
  const on = (options: { readonly config?: string }): AnomalyCommand => {
    const { config, log } = configured(options);
    if (config.broker.kind === 'memory') {
      throw new ConfigError(
        'broker.kind is memory, whose topics live inside one process: people say something of anomalies on Kafka only',
      );
    }
    const open = () => ({ broker: openBroker(config, log), registry: openRegistry(config, log) });
    return anomalyCommand({ config, catalogue, clock, log, open });
  };
  return {
    async anomalyList({ json, ...options }) {
      const found = await on(options).list(options);
      for (const one of found) write(`${json ? JSON.stringify(flat(one)) : anomalyLine(one)}\n`);
      if (found.length === 0 && !json) write('there are no anomalies\n');
    },

    async anomalyJudge(options) {
      write(`${verdictLine(await on(options).judge(options))}\n`);
    },

    async anomalyWithdraw({ id, ...options }) {
      write(`withdrawn: ${verdictLine(await on(options).withdraw(id))}\n`);
    },
  };
}

function flat({ anomaly, verdict }: JudgedAnomaly): object {
  const said = verdict && {
    verdict: verdict.verdict,
    note: verdict.reason,
    by: verdict.created_by,
    at: verdict.created_at,
  };
  return { ...anomaly, verdict: said ?? null };
}

/** One line for people. */
export function anomalyLine({ anomaly, verdict }: JudgedAnomaly): string {
  const { anomaly_id: id, opened_at: openedAt, closed_at: closedAt, severity, anomaly_type: type } = anomaly;
  const time = `${new Date(openedAt).toISOString()} ${closedAt === null ? 'open' : `to ${new Date(closedAt).toISOString()}`}`;
  const said = verdict === undefined ? '' : `  [${sayingOf(verdict)}]`;
  return `${id}  ${time}  ${severity} ${type}  ${anomaly.entity}: ${anomaly.description}${said}`;
}

function verdictLine(rule: VerdictRule): string {
  const where = [rule.entity, rule.interface_name, rule.metric_name].filter(Boolean).join(' ');
  return `${rule.anomaly_id}  ${where}: ${sayingOf(rule)}`;
}

function sayingOf({ verdict, reason, created_by: by }: RuleRecord): string {
  return `${verdict} by ${by}${reason === null ? '' : `: ${reason}`}`;
}
