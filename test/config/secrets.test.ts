import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { allSettings, valueAt } from '../../pipeline/config/names.ts';
import { printConfig } from '../../pipeline/config/print-config.ts';
import { load, problemsOf, V3 } from './load.ts';

describe('secrets', () => {
  const readFile = (path: string): string => {
    expect(path).toBe('/etc/netsigma/priv.txt');
    return 'from-the-file\n';
  };

  it('are resolved from the environment and from files beside the configuration', () => {
    const { config } = load(V3, { env: { AUTH: 'from-the-env' }, readFile });
    const core = config.credentials.get('core');
    expect(core).toMatchObject({
      version: 'v3',
      user: 'monitor',
      level: 'authPriv',
      authProtocol: 'sha256',
      privProtocol: 'aes',
    });
    expect(core?.version === 'v3' && [core.authKey?.reveal(), core.privKey?.reveal()]).toEqual([
      'from-the-env',
      'from-the-file',
    ]);
  });

  it('that stand in the file in plain text are refused, saying what to write and not repeating them', () => {
    const message = problemsOf(
      [
        'credentials: { lab: { version: v2c, community: open-sesame } }',
        'database: { url: "postgres://u:pw-1@h/d" }',
      ].join('\n'),
    );
    const advice = 'is a secret in plain text: write env:NAME or file:/path and keep the secret there';
    expect(message.split('\n- ').slice(1).sort()).toEqual([
      `/etc/netsigma/netsigma.yaml:1: credentials.lab.community ${advice}`,
      `/etc/netsigma/netsigma.yaml:2: database.url ${advice}`,
    ]);
    expect(problemsOf('database: { url: "postgres://u@h/d?password=pw-2" }')).toContain(
      `database.url ${advice}`,
    );
  });

  it('that are short are refused once: as plain text', () => {
    const wrong = 'credentials: { a: { version: v3, user: u, level: authNoPriv, auth_key: short } }';
    expect(problemsOf(wrong)).toMatch(/auth_key is a secret in plain text/);
    expect(problemsOf(wrong)).not.toMatch(/shorter/);
  });

  it('a database URL may stand in the file without a password, and in the environment with one', () => {
    const url = 'postgres://u@h/d';
    expect(load(`database: { url: "${url}" }`).config.database.url?.reveal()).toBe(url);
    const secret = 'postgres://u:p@h/d';
    const { config } = load('', { env: { NETSIGMA_DATABASE_URL: secret } });
    expect(config.database.url?.reveal()).toBe(secret);
  });

  it('that cannot be had are problems with the reference, not with the content', () => {
    expect(problemsOf(V3, { env: {} })).toMatch(
      /auth_key refers to the environment variable AUTH, which is not set[^]*priv_key refers to the file \/etc\/netsigma\/priv\.txt, which cannot be read \(ENOENT\)/,
    );
    expect(problemsOf(V3, { env: { AUTH: 'long-enough' }, readFile: () => '\n' })).toContain(
      'which is empty',
    );
  });

  it('that are wrong are refused without being shown', () => {
    const message = problemsOf(
      'database: { url: env:URL }\ncredentials: { a: { version: v2c, community: 8675309 } }',
      { env: { URL: 'mysql://u:hidden@h' } },
    );
    expect(message).toContain('database.url is wrong: expected a URL that begins with postgres://');
    expect(message).toContain('credentials.a.community is wrong: expected text: env:NAME or file:/path');
    expect(message).not.toMatch(/hidden|8675309/);
  });

  it('are demanded as the security level says', () => {
    const of = (lines: string) =>
      problemsOf(`credentials: { a: { version: v3, user: u, ${lines} } }`, {
        env: { LONG: 'long-enough', SHORT: 'short' },
      });
    expect(of('level: authPriv, auth_key: env:LONG')).toContain(
      'a.priv_key is missing: level authPriv needs it',
    );
    expect(of('level: authNoPriv')).toContain('a.auth_key is missing: level authNoPriv needs it');
    expect(of('level: noAuthNoPriv, auth_key: env:LONG')).toContain(
      'auth_key has no use at level noAuthNoPriv',
    );
    expect(of('level: authNoPriv, auth_key: env:SHORT')).toContain('auth_key is shorter than 8 characters');
    expect(of('comunity: x')).toContain(
      'unknown key credentials.a.comunity: the nearest is credentials.a.community',
    );
  });
});

describe('the printed configuration', () => {
  const text = `${V3}  lab: { version: v2c, community: env:LAB }
database: { url: env:URL }
detect: { cooldown: 120s }
`;
  const printed = printConfig(
    load(text, {
      env: {
        AUTH: 'auth-secret',
        LAB: 'open-sesame',
        URL: 'postgres://u:pw-1@db:5432/d?password=pw-2',
      },
      readFile: () => 'priv-secret',
    }).config,
  );

  it('holds every key and no secret', () => {
    expect(printed).not.toMatch(/open-sesame|pw-1|pw-2|auth-secret|priv-secret/);
    const tree: unknown = parse(printed);
    for (const { path } of allSettings()) expect([path, valueAt(tree, path)]).not.toContain(undefined);
    expect(tree).toMatchObject({
      database: { url: 'postgres://u:***@db:5432/d?password=***' },
      credentials: {
        core: { version: 'v3', user: 'monitor', auth_key: '***', priv_key: '***' },
        lab: { version: 'v2c', community: '***' },
      },
      detect: { cooldown: '2m' },
    });
  });

  it('is a configuration itself, equal to the one printed where nothing is secret', () => {
    const { config } = load('detect: { cooldown: 90s }\nsink: { retention: { poll_history: 3 } }\nzone: 7a');
    expect(load(printConfig(config)).config).toEqual(config);
  });
});
