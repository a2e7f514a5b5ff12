/** The catalogue's topics at the start: made in memory, looked at on Kafka, where `netsigma topics apply` makes them. */
import type { Broker, TopicChange } from './broker/port.ts';
import { refusals, topicList } from './broker/refusals.ts';
import type { Config } from './config.ts';
import type { Component, Log } from './model/component.ts';
import { ConfigError } from './model/errors.ts';
import { topicSpecs, type Catalogue, type Naming } from '../topics/catalogue.ts';

export interface TopicsDeps {
  readonly config: Config;
  readonly broker: Broker;
  readonly catalogue: Catalogue;
  readonly naming: Naming;
  readonly log: Log;
}

/** `start` throws ConfigError when a topic of Kafka is missing or has another number of partitions. */
export function startTopics({ config, broker, catalogue, naming, log }: TopicsDeps): Component {
  const specs = topicSpecs(catalogue, naming, config.broker.partitions);
  return {
    name: 'topics',
    async start() {
      if (config.broker.kind === 'memory') await broker.createTopics(specs);
      else judge(await broker.planTopics(specs), log);
    },
    async stop() {
      // Topics outlive those who made them.
    },
  };
}

function judge(changes: readonly TopicChange[], log: Log): void {
  const missing: string[] = [];
  for (const change of changes) {
    switch (change.kind) {
      case 'create':
        missing.push(change.spec.topic);
        break;
      case 'refuse':
        // Told together with the others that have the same problem.
        break;
      case 'configure': {
        const { topic, setting, from, to } = change;
        log.warn({ topic, setting, from, to }, 'topic has another setting: run "netsigma topics apply"');
      }
    }
  }
  const problems = refusals(changes);
  if (missing.length > 0) {
    const verb = missing.length === 1 ? 'is' : 'are';
    problems.push(`${topicList(missing)} ${verb} missing: run "netsigma topics apply"`);
  }
  if (problems.length > 0) {
    throw new ConfigError(`the topics are not those of the catalogue: ${problems.join('; ')}`);
  }
}
