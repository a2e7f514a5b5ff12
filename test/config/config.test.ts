import { describe, expect, it } from '@jest/globals';
import { SNMP_DEFAULTS, type SnmpSettings } from '../../pipeline/collect/snmp/poll-settings.ts';
import { loadConfig } from '../../pipeline/config.ts';
import { allSettings, programPath, valueAt, variable } from '../../pipeline/config/names.ts';
import { printConfig } from '../../pipeline/config/print-config.ts';
import { processName } from '../../pipeline/config/process-name.ts';
import { BASELINE_DEFAULTS } from '../../pipeline/stages/baseline/baseline-settings.ts';
import { DETECT_DEFAULTS } from '../../pipeline/stages/detect/detect-settings.ts';
import { FEATURE_DEFAULTS } from '../../pipeline/stages/features/feature-settings.ts';
import { RATE_DEFAULTS } from '../../pipeline/stages/rate/rate-settings.ts';
import type { StageSettings } from '../../pipeline/topology.ts';
import { load, problemsOf } from './load.ts';

describe('defaults', () => {
  it('hold without any text', () => {
    const { config } = loadConfig({ env: {}, readFile: () => '', processName: 'host-a' });
    expect(config).toMatchObject({
      domain: 'default',
      zone: 'default',
      collectorId: 'host-a',
      startupTimeoutMs: 60_000,
      broker: {
        kind: 'memory',
        partitions: 12,
        prefix: '',
        kafka: {
          brokers: ['127.0.0.1:9092'],
          clientId: 'netsigma',
          sasl: { mechanism: 'none', username: null, password: null },
          tls: { enabled: false, caFile: null, certFile: null, keyFile: null },
          sessionTimeoutMs: 6_000,
          replicationFactor: -1,
          compression: 'zstd',
        },
      },
      registry: { url: null, username: null, password: null, caFile: null },
      database: { url: null, embedded: { directory: 'netsigma-data/postgres' } },
      inventory: { file: null },
      collect: {
        snmp: { intervalMs: 60_000, deadlineShare: 0.8, timeoutMs: 2_000, longestBackoffMs: 600_000 },
      },
      runtime: { commitIntervalMs: 150, commitBytes: 1_000_000 },
      rate: { gapIntervals: 3, utilizationSlack: 1.2, wrapSlack: 1.05, staleMs: 30_000 },
      sink: {
        flushIntervalMs: 200,
        flushRows: 5_000,
        retentionDays: {
          interface_metrics: 30,
          anomaly_events: 730,
          poll_history: 30,
          data_collection_audit: 30,
        },
      },
      http: { host: '127.0.0.1', port: 9464 },
      log: { level: 'info', format: 'auto' },
    });
    expect(config.credentials.size).toBe(0);
  });

  it('of the collector is a name that no other process has, and gives way to a name of one’s own', () => {
    const names = new Set(Array.from({ length: 3 }, processName));
    expect(names.size).toBeGreaterThan(1);
    for (const name of names) expect(name).toMatch(/^.+-[0-9a-f]{4}$/);
    expect(load('', { processName: 'host-3fa9' }).config.collectorId).toBe('host-3fa9');
    expect(load('collector_id: mine').config.collectorId).toBe('mine');
    expect(load('', { env: { NETSIGMA_COLLECTOR_ID: 'ours' } }).config.collectorId).toBe('ours');
  });

  it('of the log level may be another for a command, and gives way to what is set', () => {
    const level = (text: string, env = {}) => load(text, { env, logLevel: 'warn' }).config.log.level;
    expect(level('')).toBe('warn');
    expect(level('log:\n  level:\n  format: json')).toBe('warn');
    expect(level('log: { level: info }')).toBe('info');
    expect(level('', { NETSIGMA_LOG_LEVEL: 'debug' })).toBe('debug');
  });

  it('of the stages are the stages own', () => {
    const { config } = load('');
    const { rate, baseline, detect, features }: StageSettings = config;
    const snmp: SnmpSettings = config.collect.snmp;
    expect(snmp).toMatchObject(SNMP_DEFAULTS);
    expect({ rate, baseline, detect, features }).toEqual({
      rate: RATE_DEFAULTS,
      baseline: BASELINE_DEFAULTS,
      detect: DETECT_DEFAULTS,
      features: FEATURE_DEFAULTS,
    });
  });

  it('hold for a section whose keys are all commented out, and for a key without a value', () => {
    const { config } = load('http:\n  # port: 1\nlog:\n  level:\n');
    expect(config.http.port).toBe(9464);
    expect(config.log.level).toBe('info');
  });

  it('give every setting its program name', () => {
    const { config } = load('');
    for (const setting of allSettings()) {
      expect([setting.path.join('.'), typeof valueAt(config, programPath(setting))]).not.toContain(
        'undefined',
      );
    }
  });
});

describe('values', () => {
  it('come with their units: durations in milliseconds, however they are written', () => {
    const { config } = load('runtime: { commit_interval: 1.5s }\ncollect: { snmp: { interval: 5000 } }');
    expect(config.runtime.commitIntervalMs).toBe(1_500);
    expect(config.collect.snmp.intervalMs).toBe(5_000);
  });

  it('that the stages take in seconds come in seconds', () => {
    const { config } = load('baseline: { shift: 90m, full_confidence: 7d }');
    expect([config.baseline.shiftS, config.baseline.fullConfidenceS]).toEqual([5_400, 604_800]);
    expect(printConfig(config)).toContain('  shift: 90m\n');
    expect(problemsOf('baseline: { shift: 10ms }')).toContain('expected a duration from 1s to 3650d');
  });

  it('that are retention come in days, as a number or with the unit', () => {
    const { config } = load(
      'sink: { retention: { interface_metrics: 90d, anomaly_events: 365, poll_history: "8" } }',
      { env: { NETSIGMA_SINK_RETENTION_POLL_HISTORY: '14 d' } },
    );
    expect(config.sink.retentionDays).toEqual({
      interface_metrics: 90,
      anomaly_events: 365,
      anomaly_verdicts: 730,
      ml_training_snapshots: 365,
      ml_model_metrics: 730,
      poll_history: 14,
      data_collection_audit: 30,
    });
    expect(printConfig(config)).toContain('    interface_metrics: 90d\n');
    for (const wrong of ['12h', '1.5d', '0d', '0', '36501', '-1', '1.5', 'soon', '[]']) {
      expect(problemsOf(`sink: { retention: { poll_history: ${wrong} } }`)).toMatch(
        /netsigma\.yaml:1: sink\.retention\.poll_history.* is wrong: expected 1 to 36500 days, such as 30d/,
      );
    }
  });

  it('that are paths start in the folder of the file', () => {
    const { config } = load(
      'inventory: { file: lab/inventory.yaml }\ndatabase: { embedded: { directory: /srv/pg } }',
    );
    expect(config.inventory.file).toBe('/etc/netsigma/lab/inventory.yaml');
    expect(config.database.embedded.directory).toBe('/srv/pg');
  });

  it('are read from the file when no text is given', () => {
    const files: Record<string, string> = { 'a.yaml': 'domain: lab' };
    const { config } = loadConfig({
      file: 'a.yaml',
      env: {},
      readFile: (path) => files[path]!,
      processName: 'h',
    });
    expect(config.domain).toBe('lab');
  });

  it('a file that cannot be read is a configuration error that names it', () => {
    const readFile = () => {
      throw Object.assign(new Error('no'), { code: 'EACCES' });
    };
    expect(() => loadConfig({ file: 'a.yaml', env: {}, readFile, processName: 'h' })).toThrow(
      'cannot read the configuration file a.yaml (EACCES): check --config',
    );
  });
});

describe('environment variables', () => {
  it('win over the file and are typed like it', () => {
    const { config } = load('http: { port: 1 }\nlog: { level: warn }', {
      env: {
        NETSIGMA_HTTP_PORT: '0',
        NETSIGMA_DOMAIN: '42',
        NETSIGMA_RUNTIME_COMMIT_INTERVAL: '1s',
        NETSIGMA_SINK_RETENTION_INTERFACE_METRICS: '7',
        NETSIGMA_LOG_LEVEL: '',
      },
    });
    expect(config.http.port).toBe(0);
    expect(config.domain).toBe('42');
    expect(config.runtime.commitIntervalMs).toBe(1_000);
    expect(config.sink.retentionDays.interface_metrics).toBe(7);
    expect(config.log.level).toBe('warn');
  });

  it('are one a setting: no two settings share a name', () => {
    const names = allSettings().flatMap((setting) => variable(setting) ?? []);
    expect(new Set(names).size).toBe(names.length);
  });

  it('that are no setting are refused, naming the nearest, unless a secret refers to them', () => {
    const env = { NETSIGMA_LAB: 'x', NETSIGMA_HTP_PORT: '1', NETSIGMA_ZONES: '', OTHER: '2' };
    expect(problemsOf('credentials: { a: { version: v2c, community: env:NETSIGMA_LAB } }', { env })).toBe(
      'environment variable NETSIGMA_HTP_PORT is no setting: the nearest is NETSIGMA_HTTP_PORT',
    );
  });

  it('that are no setting are listed with all other problems', () => {
    const message = problemsOf('http: { prot: 1 }', { env: { NETSIGMA_HTP_PORT: '1', NETSIGMA_ZONE_: 'a' } });
    expect(message).toContain('the configuration has 3 problems');
  });

  it('that the tests read, or that Kubernetes makes for a service netsigma, are left alone', () => {
    const names = [
      'REQUIRE_SERVICES',
      'TEST_DATABASE_URL',
      'SERVICE_HOST',
      'SERVICE_PORT',
      'SERVICE_PORT_HTTP',
      'PORT',
      'PORT_9464_TCP',
      'PORT_9464_TCP_PROTO',
      'PORT_9464_TCP_PORT',
      'PORT_9464_TCP_ADDR',
    ];
    const env = Object.fromEntries(names.map((name) => [`NETSIGMA_${name}`, 'tcp://10.0.0.1:9464']));
    expect(load('', { env }).config).toEqual(load('').config);
    for (const wrong of ['NETSIGMA_PORTS', 'NETSIGMA_PORT_X', 'NETSIGMA_SERVICE_HOSTS']) {
      expect(problemsOf('', { env: { [wrong]: '1' } })).toContain(`${wrong} is no setting`);
    }
  });
});
