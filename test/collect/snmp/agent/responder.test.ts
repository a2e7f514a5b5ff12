import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { OidTable } from '../../../../pipeline/collect/snmp/agent/oid-table.ts';
import { Responder } from '../../../../pipeline/collect/snmp/agent/responder.ts';
import { fakeMib } from '../../../support/fake-mib.ts';

/** GET sysUpTime.0 by v2c, community public, request id 0x12345678: written by hand from RFC 3416 and X.690. */
const GET_UPTIME = Buffer.from(
  '302902010104067075626c6963a01c020412345678020100020100300e300c06082b060102010103000500',
  'hex',
);
/** Its answer for 12345 hundredths: TimeTicks 43 02 30 39. */
const UPTIME_ANSWER =
  '302b02010104067075626c6963a21e02041234567802010002010030' + '10300e06082b0601020101030043023039';

const responder = (options: { maxMessageBytes?: number } = {}): Responder =>
  new Responder({ view: fakeMib(), community: 'public', ...options });

describe('an agent without its socket', () => {
  it('answers octet for octet what RFC 3416 asks', () => {
    const answer = responder().answer(GET_UPTIME, 0);
    expect(Buffer.isBuffer(answer) && answer.toString('hex')).toBe(UPTIME_ANSWER);
  });

  it('reads values anew for each request of a known shape', () => {
    const view = fakeMib();
    const agent = new Responder({ view, community: 'public' });
    agent.answer(GET_UPTIME, 0);
    view.uptimeTicks = 0xfffffffe;
    const answer = agent.answer(GET_UPTIME, 0);
    // An unsigned value with the high bit set takes a leading zero octet.
    expect(Buffer.isBuffer(answer) && answer.toString('hex')).toContain('430500fffffffe');
  });

  it.each([
    ['another community', GET_UPTIME.toString('hex').replace('7075626c6963', '7075626c6964'), 'community'],
    ['version 3', GET_UPTIME.toString('hex').replace('020101', '020103'), 'version'],
    ['a trap', GET_UPTIME.toString('hex').replace('a01c', 'a71c'), 'pdu'],
    ['a response', GET_UPTIME.toString('hex').replace('a01c', 'a21c'), 'pdu'],
    ['GETBULK by v1', GET_UPTIME.toString('hex').replace('020101', '020100').replace('a01c', 'a51c'), 'pdu'],
    ['one octet too many', `${GET_UPTIME.toString('hex')}00`, 'malformed'],
    ['one octet too few', GET_UPTIME.toString('hex').slice(0, -2), 'malformed'],
    ['nothing', '', 'malformed'],
    ['an indefinite length', '3080' + GET_UPTIME.toString('hex').slice(4), 'malformed'],
  ])('gives no answer to %s', (_what, hex, reason) => {
    expect(responder().answer(Buffer.from(hex, 'hex'), 0)).toBe(reason);
  });

  it('gives no answer while the device does not run', () => {
    const view = fakeMib();
    const agent = new Responder({ view, community: 'public' });
    view.running = false;
    expect(agent.answer(GET_UPTIME, 0)).toBe('not_running');
  });

  it('never throws, whatever arrives', () => {
    const agent = responder();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(typeof agent.answer(bytes, 0)).toBe('string');
      }),
      { numRuns: 500 },
    );
  });

  it('never throws on a request with damaged octets, and answers only well-formed ones', () => {
    const agent = responder();
    const damage = fc.array(fc.tuple(fc.nat(GET_UPTIME.length - 1), fc.nat(255)), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(damage, fc.nat(GET_UPTIME.length), (changes, length) => {
        const bytes = Buffer.from(GET_UPTIME.subarray(0, length));
        for (const [at, octet] of changes) if (at < length) bytes[at] = octet;
        const answer = agent.answer(bytes, 0);
        if (typeof answer !== 'string') expect(bytes.length).toBe(bytes[1]! + 2);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the OID table', () => {
  it('refuses a MIB in which one name occurs twice', () => {
    const [first] = fakeMib().instances();
    expect(() => new OidTable([first!, first!])).toThrow(/occurs twice/);
  });
});
