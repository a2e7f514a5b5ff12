/** Every command with what it does, from the command line's own help. */
import type { Command } from 'commander';
import { cli, type Actions } from '../../pipeline/cli.ts';
import { code, table } from './table.ts';

export function commandsPage(): string {
  return [
    '# Commands',
    'In a checkout `npm run netsigma -- <command>`; in the image they are its arguments. Every command takes `--config <file>` and says with `--help` what else it takes. Exit codes: 0 when it is done or after SIGTERM, 1 for a failure (try again), 2 for a wrong configuration or command line.',
    table(['command', 'what it does'], rows()),
  ].join('\n\n');
}

function rows(): string[][] {
  return leaves(program()).map((command) => [code(usage(command)), command.description()]);
}

/** Nothing is run: the actions are never called. */
function program(): Command {
  const silent = { write: () => true };
  return cli({} as Actions, { stdout: silent, stderr: silent });
}

/** The commands that do something. */
function leaves(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
}

function usage(command: Command): string {
  const names: string[] = [];
  for (let at = command; at.parent !== null; at = at.parent) names.unshift(at.name());
  const options = command.options.map(({ flags, mandatory }) => (mandatory ? flags : `[${flags}]`));
  const given = command.registeredArguments.map((argument) => `<${argument.name()}>`);
  return [...names, ...given, ...options].join(' ');
}
