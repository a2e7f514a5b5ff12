/** The commands about schemas: `netsigma schemas check|register|generate|release`. */
import type { Command } from 'commander';
import { httpUrl, type GlobalOptions } from './arguments.ts';

export interface SchemasOptions extends GlobalOptions {
  /** The registry, instead of registry.url. */
  readonly url?: string;
}

export interface SchemasRegisterOptions extends SchemasOptions {
  readonly json: boolean;
}

export interface SchemaActions {
  schemasCheck(options: SchemasOptions): Promise<void>;
  schemasRegister(options: SchemasRegisterOptions): Promise<void>;
  schemasGenerate(options: GlobalOptions): Promise<void>;
  schemasRelease(options: GlobalOptions): Promise<void>;
}

export function addSchemaCommands(program: Command, actions: SchemaActions): void {
  const schemas = program.command('schemas').description('Avro schemas of the topics');
  schemas
    .command('check')
    .description(
      'say whether the Avro schemas in schemas/ match the catalogue, what is released, and the registry if there is one',
    )
    .option('--url <url>', 'a registry, instead of registry.url', httpUrl)
    .action((_options, command: Command) => actions.schemasCheck(command.optsWithGlobals<SchemasOptions>()));
  schemas
    .command('register')
    .description('register the Avro schemas of all topics in the registry')
    .option('--url <url>', 'a registry, instead of registry.url', httpUrl)
    .option('--json', 'one JSON object a schema', false)
    .action((_options, command: Command) =>
      actions.schemasRegister(command.optsWithGlobals<SchemasRegisterOptions>()),
    );
  schemas
    .command('generate')
    .description('write the Avro schemas in schemas/ anew, from the catalogue')
    .action((_options, command: Command) =>
      actions.schemasGenerate(command.optsWithGlobals<GlobalOptions>()),
    );
  schemas
    .command('release')
    .description('keep the Avro schemas in schemas/ as released: all later ones have to go with them')
    .action((_options, command: Command) => actions.schemasRelease(command.optsWithGlobals<GlobalOptions>()));
}
