/** SNMP credentials by name: v2c communities and v3 users (RFC 3414), checked per security level. */
import { z } from 'zod';
import type { SnmpCredential } from '../model/secret.ts';
import { known, plainText, resolvedSecret } from './setting.ts';

/** RFC 3414 11.2: "a password of less than eight characters is not allowed". */
const SHORTEST_KEY = 8;

const key = () =>
  resolvedSecret((value) =>
    value.length < SHORTEST_KEY ? `is shorter than ${SHORTEST_KEY} characters (RFC 3414)` : undefined,
  );

const v2c = z.strictObject({
  version: z.literal('v2c'),
  community: resolvedSecret((value) => (value === '' ? 'is empty' : undefined)).describe('Community.'),
});

const v3 = z
  .strictObject({
    version: z.literal('v3'),
    user: plainText(32).min(1).describe('User of the agent (USM security name).'),
    level: z.enum(['noAuthNoPriv', 'authNoPriv', 'authPriv']).default('authPriv').describe('Security level.'),
    auth_protocol: z
      .enum(['md5', 'sha', 'sha224', 'sha256', 'sha384', 'sha512'])
      .default('sha256')
      .describe('Authentication protocol.'),
    auth_key: key().optional().describe('Authentication password, at least 8 characters.'),
    priv_protocol: z
      .enum(['des', 'aes', 'aes256b', 'aes256r'])
      .default('aes')
      .describe('Privacy protocol; aes256b as Blumenthal, aes256r as Reeder derive their keys.'),
    priv_key: key().optional().describe('Privacy password, at least 8 characters.'),
  })
  .check(({ value, issues }) => {
    const { level } = value;
    const wanted = { auth_key: level !== 'noAuthNoPriv', priv_key: level === 'authPriv' };
    for (const name of ['auth_key', 'priv_key'] as const) {
      const there = value[name] !== undefined;
      if (there === wanted[name]) continue;
      const message = wanted[name] ? `is missing: level ${level} needs it` : `has no use at level ${level}`;
      issues.push({ code: 'custom', message, path: [name], input: value });
    }
  });

const credential = z.discriminatedUnion('version', [v2c, v3], { error: 'expected v2c or v3' });
type CredentialInput = z.output<typeof credential>;

/** Keys of a credential that hold secrets. */
export const CREDENTIAL_SECRETS = ['community', 'auth_key', 'priv_key'] as const;

/** Every key that a credential may have, with its meaning. */
export const CREDENTIAL_KEYS: ReadonlyMap<string, string> = new Map([
  ['version', 'v2c or v3.'],
  ...[v2c, v3].flatMap(({ shape }) =>
    Object.entries(shape).flatMap(([name, { description }]): [string, string][] =>
      description === undefined ? [] : [[name, description]],
    ),
  ),
]);

/** The setting: a map from a name to an SnmpCredential, empty by default. */
export function credentials() {
  const schema = z
    .record(plainText().min(1), credential)
    .transform(
      (byName): ReadonlyMap<string, SnmpCredential> =>
        new Map(Object.entries(byName).map(([name, input]) => [name, snmpCredential(input)])),
    )
    .prefault({});
  return known(schema, 'credentials', null, 'SNMP credentials by name; the inventory names them.', {});
}

function snmpCredential(input: CredentialInput): SnmpCredential {
  if (input.version === 'v2c') return input;
  const { version, user, level, auth_key: authKey, priv_key: privKey } = input;
  return {
    version,
    user,
    level,
    authProtocol: input.auth_protocol,
    privProtocol: input.priv_protocol,
    ...(authKey && { authKey }),
    ...(privKey && { privKey }),
  };
}

/** The credential as the file spells it, secrets masked. */
export function printedCredential(credential: SnmpCredential): Record<string, string> {
  if (credential.version === 'v2c') return { version: 'v2c', community: String(credential.community) };
  const { version, user, level, authProtocol, authKey, privProtocol, privKey } = credential;
  return {
    version,
    user,
    level,
    auth_protocol: authProtocol,
    ...(authKey && { auth_key: String(authKey) }),
    priv_protocol: privProtocol,
    ...(privKey && { priv_key: String(privKey) }),
  };
}
