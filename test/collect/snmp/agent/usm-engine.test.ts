import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Responder } from '../../../../pipeline/collect/snmp/agent/responder.ts';
import { Secret, type SnmpCredential } from '../../../../pipeline/model/secret.ts';
import { fakeMib } from '../../../support/fake-mib.ts';

type V3 = Extract<SnmpCredential, { version: 'v3' }>;

const USER: V3 = {
  version: 'v3',
  user: 'monitor',
  level: 'authPriv',
  authProtocol: 'sha256',
  authKey: new Secret('monitor-auth-1'),
  privProtocol: 'aes',
  privKey: new Secret('monitor-priv-1'),
};

/** A discovery (RFC 3414 4): empty engine id and user, reportable, an empty GET. msgID 0x1234, written by hand. */
const DISCOVERY =
  '3039' +
  '020103' +
  '300e' +
  '02021234' +
  '020205c0' +
  '040104' +
  '020103' +
  '0410300e' +
  '0400' +
  '020100' +
  '020100' +
  '0400' +
  '0400' +
  '0400' +
  '3012' +
  '0400' +
  '0400' +
  'a00c' +
  '020200aa' +
  '020100' +
  '020100' +
  '3000';

const responder = (user: V3 | undefined): Responder =>
  new Responder({ view: fakeMib('fake'), community: 'public', user });

describe('an agent asked by v3', () => {
  let agent: Responder;
  beforeEach(() => {
    agent = responder(USER);
  });

  it('says who it is to whom does not know it: a report of usmStatsUnknownEngineIDs', () => {
    const answer = agent.answer(Buffer.from(DISCOVERY, 'hex'), 0);
    const hex = Buffer.isBuffer(answer) ? answer.toString('hex') : answer;
    // Engine id of format 4 with the name, boots 7, time 123, and the counter under its name.
    expect(hex).toContain('040980007ed90466616b65' + '020107' + '02017b');
    expect(hex).toContain('060a2b060106030f01010400' + '410101');
    expect(hex).toContain('02021234');
  });

  it('counts its reports', () => {
    for (let i = 0; i < 3; i += 1) agent.answer(Buffer.from(DISCOVERY, 'hex'), 0);
    const answer = agent.answer(Buffer.from(DISCOVERY, 'hex'), 0);
    expect(Buffer.isBuffer(answer) && answer.toString('hex')).toContain('410104');
  });

  it('gives no answer to whom it does not serve', () => {
    expect(responder(undefined).answer(Buffer.from(DISCOVERY, 'hex'), 0)).toBe('version');
  });

  it.each([
    ['one octet too few', DISCOVERY.slice(0, -2)],
    ['one octet too many', `${DISCOVERY}00`],
    ['flags of no octet', DISCOVERY.replace('040104', '040004')],
  ])('gives no answer to %s', (_what, hex) => {
    expect(agent.answer(Buffer.from(hex, 'hex'), 0)).toBe('malformed');
  });

  it('never throws, whatever of a message is damaged', () => {
    const whole = Buffer.from(DISCOVERY, 'hex');
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, octet, cut) => {
        const damaged = Buffer.from(whole);
        damaged[at] = octet;
        agent.answer(damaged, 0);
        agent.answer(damaged.subarray(0, cut), 0);
      }),
    );
  });

  it('refuses a user that it could not serve', () => {
    expect(() => responder({ ...USER, privProtocol: 'des' })).toThrow('encrypt by aes, not by des');
    const { privKey, ...keyless } = USER;
    expect(privKey).toBeDefined();
    expect(() => responder(keyless)).toThrow('of level authPriv lacks a key');
  });
});
