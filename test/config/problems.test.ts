import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ConfigError } from '../../pipeline/model/errors.ts';
import { load, problemsOf } from './load.ts';

describe('problems', () => {
  it('an unknown key is named with its line and the nearest known key', () => {
    expect(problemsOf('domain: a\nhttp:\n  prot: 80\n')).toBe(
      '/etc/netsigma/netsigma.yaml:3: unknown key http.prot: the nearest is http.port',
    );
    expect(problemsOf('htpp: {}')).toContain('unknown key htpp: the nearest is http');
  });

  it('a known key in the wrong place is sent to its section', () => {
    expect(problemsOf('commit_interval: 1s')).toContain('the nearest is runtime.commit_interval');
  });

  it('are all listed at once, each with its line or its variable', () => {
    const message = problemsOf(
      [
        'domain: 7',
        'broker: { kind: rabbit, partitions: 0 }',
        'runtime: { commit_interval: soon }',
        'collect: { snmp: { interval: 1ms, max_repetitons: 5, retries: 1.5 } }',
        'detect: 3',
        'credentials: { a: { version: v1 }, b: { version: v2c, community: env:NOT_THERE } }',
      ].join('\n'),
      { env: { NETSIGMA_HTTP_PORT: 'tcp://10.0.0.1:9464' } },
    );
    const at = '/etc/netsigma/netsigma.yaml';
    expect(message.split('\n- ').slice(1).sort()).toEqual(
      [
        `${at}:1: domain = 7 is wrong: expected text (in quotes where it looks like a number)`,
        `${at}:2: broker.kind = "rabbit" is wrong: expected one of memory, kafka`,
        `${at}:2: broker.partitions = 0 is wrong: expected at least 1`,
        `${at}:3: runtime.commit_interval = "soon" is wrong: expected a duration such as 150ms, 5s, 1m or 2d`,
        `${at}:4: collect.snmp.interval = "1ms" is wrong: expected a duration from 100ms to 1d`,
        `${at}:4: unknown key collect.snmp.max_repetitons: the nearest is collect.snmp.max_repetitions`,
        `${at}:4: collect.snmp.retries = 1.5 is wrong: expected a whole number`,
        `${at}:5: detect = 3 is wrong: expected keys and values`,
        `${at}:6: credentials.a.version = "v1" is wrong: expected v2c or v3`,
        `${at}:6: credentials.b.community refers to the environment variable NOT_THERE, which is not set`,
        'NETSIGMA_HTTP_PORT: http.port = "tcp://10.0.0.1:9464" is wrong: expected a number',
      ].sort(),
    );
  });

  it('names that would break keys and topics are refused', () => {
    expect(problemsOf('domain: a/b')).toContain('domain = "a/b" is wrong: expected a name without "/"');
    expect(problemsOf('domain: ""')).toContain('expected a name');
    expect(problemsOf('broker: { prefix: "a b" }')).toContain('broker.prefix = "a b" is wrong');
    expect(problemsOf('zone: "a\\u0000"')).toContain('zone = "a\\u0000" holds a control character');
  });

  it('text that is no YAML is refused with its line and without its content', () => {
    const message = problemsOf('credentials:\n  a: "s3cret-unclosed\n');
    expect(message).toMatch(/netsigma\.yaml:\d+: not readable as YAML/);
    expect(message).not.toContain('s3cret');
    expect(problemsOf('- a\n- b')).toContain('expected keys and values');
    expect(problemsOf('a: 1\na: 2')).toContain('duplicate key');
    expect(problemsOf(`# ${'x'.repeat(1_000_001)}`)).toContain('at most 1000000 are read');
  });

  it('aliases that multiply are refused', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let depth = 1; depth < 9; depth += 1) {
      lines.push(`a${depth}: &a${depth} [${`*a${depth - 1}, `.repeat(9)}*a${depth - 1}]`);
    }
    expect(problemsOf(lines.join('\n'))).toContain('aliases unfold');
  });

  it('no text makes loading fail otherwise than with a configuration error', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.string({ unit: fc.constantFrom(...Array.from(':-{}[]&*"\n ahttp')) }),
        ),
        (text) => {
          try {
            load(text);
          } catch (error) {
            expect(error).toBeInstanceOf(ConfigError);
          }
        },
      ),
    );
  });
});
