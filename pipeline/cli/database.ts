/** The commands about the database: `netsigma migrate`, `netsigma maintain`. */
import { Option, type Command } from 'commander';
import { duration, type GlobalOptions } from './arguments.ts';

export interface MigrateOptions extends GlobalOptions {
  /** Only say what would be done. */
  readonly plan: boolean;
}

export interface MaintainOptions extends GlobalOptions {
  /** Only say what would be done. */
  readonly dryRun: boolean;
  /** Go on, so often, in milliseconds; once without it. */
  readonly every?: number;
  /** One JSON object a step. */
  readonly json: boolean;
}

export interface DatabaseActions {
  migrate(options: MigrateOptions): Promise<void>;
  maintain(options: MaintainOptions): Promise<void>;
}

export function addDatabaseCommands(program: Command, actions: DatabaseActions): void {
  program
    .command('migrate')
    .description('bring the database to the schema of this version')
    .option('--plan', 'only say what would be done', false)
    .action((_options, command: Command) => actions.migrate(command.optsWithGlobals<MigrateOptions>()));

  program
    .command('maintain')
    .description('as owner of the tables: make room for the next days, drop what is beyond its retention')
    .addOption(new Option('--dry-run', 'only say what would be done').default(false).conflicts('every'))
    .option(
      '--every <duration>',
      'go on until SIGTERM, so often',
      duration({ min: '1s', max: '7d', example: '1h' }),
    )
    .option('--json', 'one JSON object a step', false)
    .action((_options, command: Command) => actions.maintain(command.optsWithGlobals<MaintainOptions>()));
}
