/** The commands about anomalies: `netsigma anomaly list|acknowledge|false-positive|confirm|withdraw`. */
import { InvalidArgumentError, type Command } from 'commander';
import type { Verdict } from '../../topics/rules.ts';
import { integer, type GlobalOptions } from './arguments.ts';

export interface AnomalyListOptions extends GlobalOptions {
  readonly limit: number;
  /** Only those that have not ended. */
  readonly open: boolean;
  readonly json: boolean;
}

export interface AnomalyJudgeOptions extends GlobalOptions {
  readonly id: string;
  readonly verdict: Verdict;
  readonly note?: string;
  /** Who says so. */
  readonly by?: string;
}

export interface AnomalyWithdrawOptions extends GlobalOptions {
  readonly id: string;
}

export interface AnomalyActions {
  anomalyList(options: AnomalyListOptions): Promise<void>;
  anomalyJudge(options: AnomalyJudgeOptions): Promise<void>;
  anomalyWithdraw(options: AnomalyWithdrawOptions): Promise<void>;
}

const VERDICT_COMMANDS: readonly {
  readonly name: string;
  readonly verdict: Verdict;
  readonly says: string;
}[] = [
  {
    name: 'acknowledge',
    verdict: 'acknowledged',
    says: 'it was seen, and is taken for real until called false',
  },
  { name: 'false-positive', verdict: 'false_positive', says: 'there was nothing wrong' },
  { name: 'confirm', verdict: 'confirmed', says: 'it was looked into, and real' },
];

export function addAnomalyCommands(program: Command, actions: AnomalyActions): void {
  const anomaly = program.command('anomaly').description('what people say about anomalies');
  anomaly
    .command('list')
    .description('on Kafka: list the last anomalies with their ids and what people said of them')
    .option('--open', 'only those that go on', false)
    .option('--limit <n>', 'at most so many', integer(1, 10_000), 20)
    .option('--json', 'one JSON object a line', false)
    .action((_options, command: Command) =>
      actions.anomalyList(command.optsWithGlobals<AnomalyListOptions>()),
    );
  for (const { name, verdict, says } of VERDICT_COMMANDS) {
    anomaly
      .command(name)
      .description(`on Kafka: say of an anomaly that ${says}`)
      .argument('<id>', 'its anomaly_id, as "netsigma anomaly list" prints it', anomalyId)
      .option('--note <text>', 'for people', text(1_000))
      .option('--by <name>', "who says so; this process's collector_id unless told", text(100))
      .action((id: string, _options, command: Command) =>
        actions.anomalyJudge({
          id,
          verdict,
          ...command.optsWithGlobals<Omit<AnomalyJudgeOptions, 'id' | 'verdict'>>(),
        }),
      );
  }
  anomaly
    .command('withdraw')
    .description('on Kafka: take back what was said of an anomaly')
    .argument('<id>', 'its anomaly_id', anomalyId)
    .action((id: string, _options, command: Command) =>
      actions.anomalyWithdraw({ id, ...command.optsWithGlobals<GlobalOptions>() }),
    );
}

/** What people type: bounded, and without control characters, which tables refuse. */
function text(longest: number) {
  return (value: string): string => {
    if (value !== '' && value.length <= longest && !/\p{Cc}/u.test(value)) return value;
    throw new InvalidArgumentError(`Expected 1 to ${longest} characters, on one line.`);
  };
}

function anomalyId(text: string): string {
  const id = text.toLowerCase();
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return id;
  throw new InvalidArgumentError('Expected the UUID of an anomaly; "netsigma anomaly list" prints them.');
}
