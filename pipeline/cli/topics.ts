/** The commands about topics: `netsigma topics plan|apply`, `netsigma tail`. */
import type { Command } from 'commander';
import { httpUrl, integer, type GlobalOptions } from './arguments.ts';

export interface TailOptions extends GlobalOptions {
  readonly topic: string;
  /** Where the status server of a running netsigma is. */
  readonly url: string;
  readonly limit: number;
  readonly follow: boolean;
  readonly json: boolean;
}

export interface TopicsOptions extends GlobalOptions {
  /** One JSON object a change. */
  readonly json: boolean;
}

export interface TopicActions {
  tail(options: TailOptions): Promise<void>;
  topicsPlan(options: TopicsOptions): Promise<void>;
  topicsApply(options: TopicsOptions): Promise<void>;
}

export function addTailCommand(program: Command, actions: TopicActions): void {
  program
    .command('tail')
    .description('print records of a topic of a running netsigma')
    .argument('<topic>', 'such as metric.interface')
    .option('--url <url>', 'its status address', httpUrl, 'http://127.0.0.1:9464')
    .option('--limit <n>', 'records to begin with', integer(0, 10_000), 10)
    .option('--follow', 'go on with new ones', false)
    .option('--json', 'one JSON object a line', false)
    .action((topic: string, _options, command: Command) =>
      actions.tail({ topic, ...command.optsWithGlobals<Omit<TailOptions, 'topic'>>() }),
    );
}

export function addTopicsCommands(program: Command, actions: TopicActions): void {
  const topics = program.command('topics').description('the topics on Kafka');
  topics
    .command('plan')
    .description('say what has to be done so that the topics on Kafka are as this version needs them')
    .option('--json', 'one JSON object a change', false)
    .action((_options, command: Command) => actions.topicsPlan(command.optsWithGlobals<TopicsOptions>()));
  topics
    .command('apply')
    .description('create the topics on Kafka that are missing, and correct settings that differ')
    .option('--json', 'one JSON object a change', false)
    .action((_options, command: Command) => actions.topicsApply(command.optsWithGlobals<TopicsOptions>()));
}
