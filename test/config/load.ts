/** Loading a configuration from text in tests. */
import { expect } from '@jest/globals';
import { loadConfig, type ConfigSource, type LoadedConfig } from '../../pipeline/config.ts';
import { ConfigError } from '../../pipeline/model/errors.ts';

/** The text as /etc/netsigma/netsigma.yaml, without an environment and without other files unless given. */
export function load(text: string, source: Partial<ConfigSource> = {}): LoadedConfig {
  const readFile = () => {
    throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
  };
  return loadConfig({
    text,
    file: '/etc/netsigma/netsigma.yaml',
    env: {},
    readFile,
    processName: 'host-a',
    ...source,
  });
}

/** The message of the ConfigError that the text is refused with. */
export function problemsOf(text: string, source: Partial<ConfigSource> = {}): string {
  try {
    load(text, source);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error('the configuration was accepted');
}

/** A v3 credential whose secrets are references: to the variable AUTH and to priv.txt beside the configuration. */
export const V3 = `
credentials:
  core:
    version: v3
    user: monitor
    auth_key: env:AUTH
    priv_key: file:priv.txt
`;
