import { describe, expect, it } from '@jest/globals';
import { errorText, exitCode } from '../../pipeline/cli/failure.ts';
import { ConfigError, PermanentError, RetryableError } from '../../pipeline/model/errors.ts';

describe('exitCode', () => {
  it('is 2 for the configuration and 1 for everything else', () => {
    expect(exitCode(new ConfigError('x'))).toBe(2);
    expect(exitCode(new RetryableError('x'))).toBe(1);
    expect(exitCode(new PermanentError('x'))).toBe(1);
    expect(exitCode('x')).toBe(1);
    expect(exitCode(undefined)).toBe(1);
  });
});

describe('errorText', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });

  it('is one line of the message and its causes, each said once', () => {
    const error = new PermanentError('the sink cannot go on', {
      cause: new Error('cannot reach the database', { cause: refused }),
    });
    expect(errorText(error, { stack: false })).toBe(
      'netsigma: the sink cannot go on: cannot reach the database: connect ECONNREFUSED 127.0.0.1:5432\n',
    );
    const repeating = new Error(`polling failed: ${refused.message}`, { cause: refused });
    expect(errorText(repeating, { stack: false })).toBe(`netsigma: polling failed: ${refused.message}\n`);
  });

  it('says once what the message says by its code', () => {
    const cause = Object.assign(new Error("ENOENT: no such file or directory, open 'a.yaml'"), {
      code: 'ENOENT',
      syscall: 'open',
    });
    const error = new ConfigError('cannot read a.yaml (ENOENT): check --config', { cause });
    expect(errorText(error, { stack: false })).toBe(
      'netsigma: cannot read a.yaml (ENOENT): check --config\n',
    );
  });

  it('looks into an error without a message for those inside', () => {
    expect(errorText(new AggregateError([refused]), { stack: false })).toContain('connect ECONNREFUSED');
  });

  it('has the stack on request only', () => {
    expect(errorText(refused, { stack: false })).not.toContain('failure.test');
    expect(errorText(refused, { stack: true })).toContain('failure.test');
  });

  it('advises commands with the --config that was given', () => {
    const error = new ConfigError(
      'no topics: run "netsigma topics apply"; no tables: run "netsigma migrate" again',
    );
    const text = (config?: string) => errorText(error, { stack: false, config });
    expect(text()).toBe(`netsigma: ${error.message}\n`);
    expect(text('lab/a.yaml')).toBe(
      'netsigma: no topics: run "netsigma topics apply --config lab/a.yaml"; no tables: run "netsigma migrate --config lab/a.yaml" again\n',
    );
    expect(text('my $& lab.yaml')).toContain(`apply --config 'my $& lab.yaml'"`);
    const other = new ConfigError('"netsigma run" is not run, nor "it"');
    expect(errorText(other, { stack: false, config: 'a' })).not.toContain('--config');
  });

  it('ends on a circle of causes, takes what is no error, and masks passwords in URLs', () => {
    const one = new Error('one');
    one.cause = new Error('two', { cause: one });
    expect(errorText(one, { stack: false })).toBe('netsigma: one: two\n');
    expect(errorText('thrown text', { stack: true })).toBe('netsigma: thrown text\n');
    expect(errorText(new Error('no postgres://u:pw@h'), { stack: true })).not.toContain('pw@');
  });
});
