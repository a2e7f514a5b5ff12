import { describe, expect, it } from '@jest/globals';
import { errorText, exitCode } from '../../pipeline/cli/failure.ts';
import { PermanentError } from '../../pipeline/model/errors.ts';
import { Secret } from '../../pipeline/model/secret.ts';
import { parsed } from './parsed.ts';

const DEMO = {
  untilDetected: false,
  json: false,
  devices: 12,
  ports: 8,
  intervalMs: 5_000,
  historyMs: 28 * 86_400_000,
  seed: 1,
  timeLimitMs: 300_000,
};
const ANOMALY = '5d9c1f0e-6b3a-5c47-9e21-7f0d8a4b6c13';
const TAIL = { topic: 'raw.interface', url: 'http://127.0.0.1:9464', limit: 10, follow: false, json: false };

describe('commands', () => {
  it.each<[string, string, object]>([
    ['run', 'run', { command: 'run' }],
    ['run --config lab.yaml', 'run', { command: 'run', config: 'lab.yaml' }],
    ['--config lab.yaml run', 'run', { command: 'run', config: 'lab.yaml' }],
    ['collect', 'run', { command: 'collect' }],
    ['process --config lab.yaml', 'run', { command: 'process', config: 'lab.yaml' }],
    ['sink', 'run', { command: 'sink' }],
    ['demo', 'demo', DEMO],
    [
      'demo --until-detected --json --devices 50 --ports 48 --interval 1s --history 2d --seed 7 --time-limit 90s',
      'demo',
      {
        untilDetected: true,
        json: true,
        devices: 50,
        ports: 48,
        intervalMs: 1_000,
        historyMs: 2 * 86_400_000,
        seed: 7,
        timeLimitMs: 90_000,
      },
    ],
    ['migrate', 'migrate', { plan: false }],
    ['migrate --plan', 'migrate', { plan: true }],
    ['maintain', 'maintain', { dryRun: false, json: false }],
    ['maintain --dry-run --json', 'maintain', { dryRun: true, json: true }],
    [
      'maintain --every 1h --config a.yaml',
      'maintain',
      { dryRun: false, every: 3_600_000, json: false, config: 'a.yaml' },
    ],
    ['config print', 'configPrint', {}],
    ['config check --config a.yaml', 'configCheck', { config: 'a.yaml' }],
    ['tail raw.interface', 'tail', TAIL],
    [
      'tail raw.interface --url http://host:1/ --limit 0 --follow --json',
      'tail',
      { ...TAIL, url: 'http://host:1', limit: 0, follow: true, json: true },
    ],
    ['topics plan', 'topicsPlan', { json: false }],
    ['topics apply --json --config a.yaml', 'topicsApply', { json: true, config: 'a.yaml' }],
    ['schemas check', 'schemasCheck', {}],
    ['schemas check --url http://registry:8081/', 'schemasCheck', { url: 'http://registry:8081' }],
    ['schemas register --json', 'schemasRegister', { json: true }],
    ['schemas release', 'schemasRelease', {}],
    ['schemas generate', 'schemasGenerate', {}],
    ['rules apply rules.yaml --config a.yaml', 'rulesApply', { file: 'rules.yaml', config: 'a.yaml' }],
    ['rules list', 'rulesList', { json: false }],
    ['rules list --json', 'rulesList', { json: true }],
    [
      'maintenance start --device r1 --interface Gi1/0/1 --for 2h --reason upgrade',
      'maintenanceStart',
      { device: 'r1', interface: 'Gi1/0/1', for: 7_200_000, reason: 'upgrade' },
    ],
    ['maintenance end maintenance-r1-20261121', 'maintenanceEnd', { id: 'maintenance-r1-20261121' }],
    ['anomaly list', 'anomalyList', { limit: 20, open: false, json: false }],
    [
      'anomaly list --open --limit 5 --json --config a.yaml',
      'anomalyList',
      { limit: 5, open: true, json: true, config: 'a.yaml' },
    ],
    [`anomaly acknowledge ${ANOMALY}`, 'anomalyJudge', { id: ANOMALY, verdict: 'acknowledged' }],
    [
      `anomaly false-positive ${ANOMALY.toUpperCase()} --note backup --by ada`,
      'anomalyJudge',
      { id: ANOMALY, verdict: 'false_positive', note: 'backup', by: 'ada' },
    ],
    [`anomaly confirm ${ANOMALY}`, 'anomalyJudge', { id: ANOMALY, verdict: 'confirmed' }],
    [`anomaly withdraw ${ANOMALY}`, 'anomalyWithdraw', { id: ANOMALY }],
  ])('%s', async (line, name, options) => {
    const { called, error } = await parsed(line);
    expect(error).toBeUndefined();
    expect(called).toEqual([name, options]);
  });

  it('take the database URL as a secret', async () => {
    const { called } = await parsed('demo --database-url postgres://u:p@h/d');
    const { databaseUrl } = called![1] as { databaseUrl: Secret };
    expect(databaseUrl).toBeInstanceOf(Secret);
    expect(databaseUrl.reveal()).toBe('postgres://u:p@h/d');
  });

  it('pass on what an action throws, without a word of their own', async () => {
    const failure = new PermanentError('no');
    const { error, stderr } = await parsed('run', failure);
    expect(error).toBe(failure);
    expect(stderr).toBe('');
  });
});

describe('wrong command lines', () => {
  it.each([
    ['rnu', "unknown command 'rnu'\n(Did you mean run?)"],
    ['demo --until-detectd', "unknown option '--until-detectd'\n(Did you mean --until-detected?)"],
    ['config prnt', '(Did you mean print?)'],
    ['demo --devices 11', 'Expected a whole number from 12 to 10000.'],
    ['demo --devices 1e3', 'Expected a whole number'],
    ['demo --ports 7', 'Expected a whole number from 8 to 512.'],
    ['demo --ports 513', 'Expected a whole number from 8 to 512.'],
    ['demo --devices 10001', 'Expected a whole number from 12 to 10000.'],
    ['demo --interval fast', 'Expected a duration from 1s to 1h'],
    ['demo --interval 999ms', 'Expected a duration from 1s to 1h'],
    ['demo --interval 61m', 'Expected a duration from 1s to 1h'],
    ['demo --history 59m', 'Expected a duration from 1h to 60d'],
    ['demo --history 61d', 'Expected a duration from 1h to 60d'],
    ['demo --time-limit 500ms', 'Expected a duration of at least 1s, such as 5m.'],
    ['maintain --every 0s', 'Expected a duration from 1s to 7d, such as 1h.'],
    ['maintain --every 8d', 'Expected a duration from 1s to 7d, such as 1h.'],
    ['maintain --dry-run --every 1h', "option '--dry-run' cannot be used with option '--every <duration>'"],
    ['demo --seed -1', 'Expected a whole number'],
    ['tail', "missing required argument 'topic'"],
    ['tail a b', 'too many arguments'],
    ['tail a --url ftp://x', 'Expected an address such as'],
    ['run --config', 'argument missing'],
    ['schemas', 'Usage: netsigma schemas'],
    ['topics', 'Usage: netsigma topics'],
    ['anomaly acknowledge', "missing required argument 'id'"],
    ['anomaly confirm 17', 'Expected the UUID of an anomaly'],
    [`anomaly confirm ${ANOMALY} --by \u0007`, 'Expected 1 to 100 characters, on one line.'],
    [`anomaly confirm ${ANOMALY} --note ${'x'.repeat(1_001)}`, 'Expected 1 to 1000 characters'],
    ['', 'Usage: netsigma'],
  ])('%s: exit code 2, with what to do on standard error', async (line, message) => {
    const { called, error, stdout, stderr } = await parsed(line);
    expect(called).toBeUndefined();
    expect(exitCode(error)).toBe(2);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
    expect(errorText(error, { stack: true })).toBe('');
  });

  it.each([
    ['topics apply', 'create the topics on Kafka'],
    ['schemas register', 'register the Avro schemas'],
    ['schemas generate', 'write the Avro schemas'],
    ['maintenance end', 'end a maintenance window'],
    ['config check', 'what is wrong with the configuration'],
  ])('help of %s says what it is about without its group', async (line, sentence) => {
    expect((await parsed(`${line} --help`)).stdout).toContain(sentence);
  });

  it.each(['analyze', 'demo', 'maintain', 'tail'])(
    'help of %s names no defaults that say nothing',
    async (line) => {
      const { stdout } = await parsed(`${line} --help`);
      expect(stdout).toMatch(/ --json +\S/);
      expect(stdout).not.toMatch(/default: (false|\{\})/);
      expect(stdout).toMatch(/default: |--every/);
    },
  );

  it('help that was asked for is a result: standard output and exit code 0', async () => {
    const { error, stdout, stderr } = await parsed('--help');
    expect(exitCode(error)).toBe(0);
    expect(stderr).toBe('');
    for (const name of [
      'run',
      'collect',
      'process',
      'sink',
      'demo',
      'migrate',
      'maintain',
      'config',
      'tail',
      'topics',
      'schemas',
    ]) {
      expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
    }
  });
});
