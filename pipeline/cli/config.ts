/** The commands about the configuration: `netsigma config print|check`. */
import type { Command } from 'commander';
import type { GlobalOptions } from './arguments.ts';

export interface ConfigActions {
  configPrint(options: GlobalOptions): Promise<void>;
  configCheck(options: GlobalOptions): Promise<void>;
}

export function addConfigCommands(program: Command, actions: ConfigActions): void {
  const config = program.command('config').description('the configuration');
  config
    .command('print')
    .description('print the whole configuration as YAML, secrets masked')
    .action((_options, command: Command) => actions.configPrint(command.optsWithGlobals<GlobalOptions>()));
  config
    .command('check')
    .description('say what is wrong with the configuration, its inventory and its rules')
    .action((_options, command: Command) => actions.configCheck(command.optsWithGlobals<GlobalOptions>()));
}
