/** The command line: what can be asked, with which options. What is done about it are the actions that are passed in. */
import { Command, Help } from 'commander';
import { addAnalyzeCommand, type AnalyzeActions } from './cli/analyze.ts';
import { addAnomalyCommands, type AnomalyActions } from './cli/anomaly.ts';
import { addConfigCommands, type ConfigActions } from './cli/config.ts';
import { addDatabaseCommands, type DatabaseActions } from './cli/database.ts';
import { addDemoCommand, type DemoActions } from './cli/demo.ts';
import { addRunCommands, type RunActions } from './cli/roles.ts';
import { addRuleCommands, type RuleActions } from './cli/rules.ts';
import { addSchemaCommands, type SchemaActions } from './cli/schemas.ts';
import { addTailCommand, addTopicsCommands, type TopicActions } from './cli/topics.ts';

/** One function a command. */
export type Actions = RunActions &
  DemoActions &
  AnalyzeActions &
  DatabaseActions &
  ConfigActions &
  TopicActions &
  SchemaActions &
  RuleActions &
  AnomalyActions;

export interface CliOutput {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/**
 * The program: `await cli(actions, io).parseAsync(argv)`. Rejects with what an action threw, or with a CommanderError
 * after it has written help or what is wrong (with a suggestion): `exitCode` knows both.
 */
export function cli(actions: Actions, { stdout, stderr }: CliOutput): Command {
  // Settings of the program hold for its commands only if they are made before the commands.
  const program = new Command('netsigma')
    .description('Network telemetry into rates, baselines and graded anomalies, as it happens.')
    .option('--config <file>', 'the YAML configuration; defaults and the environment without it')
    .exitOverride()
    .showSuggestionAfterError()
    // A switch is off until it is given: nobody has to be told.
    .configureHelp({
      optionDescription: (option) => new Help().optionDescription(option).replace(' (default: false)', ''),
    })
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) });

  addRunCommands(program, actions);
  addDemoCommand(program, actions);
  addAnalyzeCommand(program, actions);
  addDatabaseCommands(program, actions);
  addConfigCommands(program, actions);
  addTailCommand(program, actions);
  addTopicsCommands(program, actions);
  addSchemaCommands(program, actions);
  addRuleCommands(program, actions);
  addAnomalyCommands(program, actions);

  return program;
}
