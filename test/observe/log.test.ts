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

describe('withoutPasswords', () => {
  it('leaves URLs without a password as they are', () => {
    const text = 'http://127.0.0.1:9464/status and postgres://user@host/db at a@b.c';
    expect(withoutPasswords(text)).toBe(text);
  });

  it('masks a password that holds an @', () => {
    expect(withoutPasswords('postgres://u:p@ss@h/d')).toBe('postgres://u:***@h/d');
  });
});
