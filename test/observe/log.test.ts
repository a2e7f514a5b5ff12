import { describe, expect, it } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { Secret } from '../../pipeline/model/secret.ts';
import { createLog, withoutPasswords, type LogOptions } from '../../pipeline/observe/log.ts';
import type { Log } from '../../pipeline/model/component.ts';

function logTo(options: Partial<LogOptions>, isTTY = false): { log: Log; written: () => string } {
  const stream = Object.assign(new PassThrough(), { isTTY });
  const log = createLog({ level: 'info', format: 'auto', stream, ...options });
  return { log, written: () => String(stream.read() ?? '') };
}

describe('createLog', () => {
  it('writes one JSON object a line, with level and time in words, where there is no terminal', () => {
    const { log, written } = logTo({});
    log.info({ devices: 3 }, 'collector started');
    const text = written();
    expect(text.endsWith('}\n')).toBe(true);
    expect(JSON.parse(text)).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      devices: 3,
      msg: 'collector started',
    });
  });

  it('writes for people on a terminal, and wherever told so', () => {
    const terminal = logTo({}, true);
    terminal.log.warn({ lag: 12 }, 'behind');
    expect(terminal.written()).toMatch(/WARN[^]*behind[^]*lag/);
    const told = logTo({ format: 'pretty' });
    told.log.info({}, 'started');
    expect(told.written()).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: started\n$/);
    const json = logTo({ format: 'json' }, true);
    json.log.info({}, 'started');
    expect(json.written()).toMatch(/^\{/);
  });

  it('writes nothing below its level', () => {
    const { log, written } = logTo({ level: 'error' });
    log.warn({}, 'no');
    log.debug({}, 'no');
    expect(written()).toBe('');
    log.error({}, 'yes');
    expect(written()).toContain('yes');
    const silent = logTo({ level: 'silent' });
    silent.log.error({}, 'no');
    expect(silent.written()).toBe('');
  });

  it.each(['json', 'pretty'] as const)('shows no secret in %s, however it comes in', (format) => {
    const { log, written } = logTo({ format });
    const url = 'postgres://netsigma:hunter2@db:5432/netsigma';
    const error = new Error(`cannot reach ${url}`, { cause: new Error(`refused by ${url}`) });
    log.error(
      {
        err: error,
        community: 'hunter2',
        secret: new Secret('hunter2'),
        credential: { authKey: 'hunter2', privKey: 'hunter2' },
        deep: { device: { credential: { community: 'hunter2', password: 'hunter2' } } },
        database: { url, list: [url] },
      },
      `connecting to ${url} failed`,
    );
    const text = written();
    expect(text).not.toContain('hunter2');
    expect(text).toContain('postgres://netsigma:***@db:5432/netsigma');
    expect(text).toContain('refused by');
  });
});

describe('a logged error', () => {
  const client = { secretKey: 4711, connectionParameters: { host: 'db' } };

  it.each(['err', 'reason'])(
    'is its message, code and stack under %s, without what libraries hang on it',
    (name) => {
      const { log, written } = logTo({});
      const cause = Object.assign(new Error('socket closed'), { client });
      const error = Object.assign(new TypeError('connection lost', { cause }), { code: '57P01', client });
      log.error({ [name]: error, component: 'sink' }, 'failed');
      const text = written();
      expect(text).not.toContain('4711');
      expect(JSON.parse(text)).toEqual({
        level: 'error',
        time: expect.any(String),
        component: 'sink',
        [name]: {
          type: 'TypeError',
          message: 'connection lost: socket closed',
          code: '57P01',
          stack: expect.stringMatching(/^TypeError: connection lost[^]*caused by: Error: socket closed/),
        },
        msg: 'failed',
      });
    },
  );

  it('shows its stack to people, and nothing of the client', () => {
    const { log, written } = logTo({ format: 'pretty' });
    log.warn({ err: Object.assign(new Error('connection lost'), { client }) }, 'failed');
    const text = written();
    expect(text).toContain('log.test.ts');
    expect(text).not.toMatch(/client|secretKey|4711/);
  });

  it('names what an AggregateError holds', () => {
    const { log, written } = logTo({});
    log.error(
      { err: new AggregateError([new Error('::1 refused'), new Error('127.0.0.1 refused')]) },
      'failed',
    );
    expect(JSON.parse(written())).toMatchObject({ err: { errors: ['::1 refused', '127.0.0.1 refused'] } });
  });
});

describe('withoutPasswords', () => {
  it('masks passwords among the parameters of a URL', () => {
    const text = 'postgres://h/d?password=hunter2&sslpassword=hunter3&sslmode=require';
    expect(withoutPasswords(text)).toBe('postgres://h/d?password=***&sslpassword=***&sslmode=require');
  });

  it('leaves URLs without a password as they are', () => {
    const text = 'http://127.0.0.1:9464/status and postgres://user@host/db at a@b.c';
    expect(withoutPasswords(text)).toBe(text);
  });

  it('masks a password that holds an @', () => {
    expect(withoutPasswords('postgres://u:p@ss@h/d')).toBe('postgres://u:***@h/d');
  });
});
