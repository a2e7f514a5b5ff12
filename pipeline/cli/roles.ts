/** The commands that run the pipeline: `netsigma run`, `collect`, `process`, `sink`. */
import type { Command } from 'commander';
import type { GlobalOptions } from './arguments.ts';

export interface RunOptions extends GlobalOptions {
  /** What the process does of the pipeline; `run` is all of it. */
  readonly command: 'run' | 'collect' | 'process' | 'sink';
}

export interface RunActions {
  run(options: RunOptions): Promise<void>;
}

const RUN_COMMANDS: readonly (readonly [RunOptions['command'], string])[] = [
  ['run', 'collect, process and store, in one process'],
  ['collect', 'on Kafka: only poll devices (and publish the inventory file, if there is one)'],
  ['process', 'on Kafka: only fold readings into rates, baselines and anomalies'],
  ['sink', 'on Kafka: only store topics in the database'],
];

export function addRunCommands(program: Command, actions: RunActions): void {
  for (const [name, description] of RUN_COMMANDS) {
    program
      .command(name)
      .description(description)
      .action((_options, command: Command) =>
        actions.run({ command: name, ...command.optsWithGlobals<GlobalOptions>() }),
      );
  }
}
