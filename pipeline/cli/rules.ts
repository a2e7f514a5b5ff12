/** The commands about rules: `netsigma rules apply|list`, `netsigma maintenance start|end`. */
import { InvalidArgumentError, type Command } from 'commander';
import { parseDuration } from '../config/duration.ts';
import type { GlobalOptions } from './arguments.ts';

export interface RulesApplyOptions extends GlobalOptions {
  readonly file: string;
}

export interface RulesListOptions extends GlobalOptions {
  readonly json: boolean;
}

export interface MaintenanceStartOptions extends GlobalOptions {
  readonly device: string;
  readonly interface?: string;
  /** How long, in milliseconds. */
  readonly for: number;
  readonly reason?: string;
}

export interface MaintenanceEndOptions extends GlobalOptions {
  readonly id: string;
}

export interface RuleActions {
  rulesApply(options: RulesApplyOptions): Promise<void>;
  rulesList(options: RulesListOptions): Promise<void>;
  maintenanceStart(options: MaintenanceStartOptions): Promise<void>;
  maintenanceEnd(options: MaintenanceEndOptions): Promise<void>;
}

export function addRuleCommands(program: Command, actions: RuleActions): void {
  const rules = program.command('rules').description('thresholds and maintenance windows');
  rules
    .command('apply')
    .description('on Kafka: make the published rules (thresholds, maintenance windows) those of a YAML file')
    .argument('<file>', 'such as rules.example.yaml')
    .action((file: string, _options, command: Command) =>
      actions.rulesApply({ file, ...command.optsWithGlobals<GlobalOptions>() }),
    );
  rules
    .command('list')
    .description('on Kafka: list the rules that are published (thresholds, maintenance windows)')
    .option('--json', 'one JSON object a line', false)
    .action((_options, command: Command) => actions.rulesList(command.optsWithGlobals<RulesListOptions>()));

  const maintenance = program.command('maintenance').description('windows in which nothing is an anomaly');
  maintenance
    .command('start')
    .description('on Kafka: begin a maintenance window now, in which nothing is an anomaly')
    .requiredOption('--device <name>', 'as the inventory names it')
    .option('--interface <name>', 'only this interface of it')
    .requiredOption('--for <duration>', 'how long, such as 2h', duration)
    .option('--reason <text>', 'for people')
    .action((_options, command: Command) =>
      actions.maintenanceStart(command.optsWithGlobals<MaintenanceStartOptions>()),
    );
  maintenance
    .command('end')
    .description('on Kafka: end a maintenance window now that "netsigma maintenance start" began')
    .argument('<id>', 'its id, as "netsigma maintenance start" printed it; "netsigma rules list" knows it')
    .action((id: string, _options, command: Command) =>
      actions.maintenanceEnd({ id, ...command.optsWithGlobals<GlobalOptions>() }),
    );
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms > 0) return ms;
  throw new InvalidArgumentError('Expected a duration, such as 2h or 90m.');
}
