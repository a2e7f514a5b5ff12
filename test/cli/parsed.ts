/** Command lines with actions that only say how they were called. */
import { cli, type Actions } from '../../pipeline/cli.ts';

export interface Outcome {
  /** Name of the action that was called, and its options. */
  readonly called: [name: string, options: object] | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly error: unknown;
}

export async function parsed(line: string, failure?: Error): Promise<Outcome> {
  let called: Outcome['called'];
  const action = (name: string) => async (options: object) => {
    called = [name, options];
    if (failure !== undefined) throw failure;
  };
  const actions: Actions = {
    run: action('run'),
    demo: action('demo'),
    analyze: action('analyze'),
    migrate: action('migrate'),
    maintain: action('maintain'),
    configPrint: action('configPrint'),
    configCheck: action('configCheck'),
    tail: action('tail'),
    topicsPlan: action('topicsPlan'),
    topicsApply: action('topicsApply'),
    schemasCheck: action('schemasCheck'),
    schemasRegister: action('schemasRegister'),
    schemasGenerate: action('schemasGenerate'),
    schemasRelease: action('schemasRelease'),
    rulesApply: action('rulesApply'),
    rulesList: action('rulesList'),
    maintenanceStart: action('maintenanceStart'),
    maintenanceEnd: action('maintenanceEnd'),
    anomalyList: action('anomalyList'),
    anomalyJudge: action('anomalyJudge'),
    anomalyWithdraw: action('anomalyWithdraw'),
  };
  const written = { stdout: '', stderr: '' };
  const io = {
    stdout: { write: (text: string) => (written.stdout += text) },
    stderr: { write: (text: string) => (written.stderr += text) },
  };
  let error: unknown;
  try {
    await cli(actions, io).parseAsync(line.split(' ').filter(Boolean), { from: 'user' });
  } catch (thrown) {
    error = thrown;
  }
  return { called, ...written, error };
}
