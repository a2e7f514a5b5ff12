import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { agentText, MAX_TEXT_LENGTH, physAddress } from '../../../pipeline/collect/snmp/agent-text.ts';
import type { ValueReason } from '../../../pipeline/collect/snmp/reasons.ts';

function read(octets: Buffer): { text: string; changes: ValueReason[] } {
  const changes: ValueReason[] = [];
  return { text: agentText(octets, changes), changes };
}

describe('text of an agent', () => {
  it('is UTF-8 where it is valid', () => {
    expect(read(Buffer.from('Zürich 1'))).toEqual({ text: 'Zürich 1', changes: [] });
  });

  it('is latin1 where it is not', () => {
    expect(read(Buffer.from([0x5a, 0xfc, 0x72]))).toEqual({ text: 'Zür', changes: ['not_utf8'] });
  });

  it('loses NULs and control characters', () => {
    expect(read(Buffer.from('a\0b\r\n'))).toEqual({
      text: 'ab',
      changes: ['nul_stripped', 'control_characters_removed'],
    });
  });

  it('is cut at 255 characters, never within a surrogate pair', () => {
    expect(read(Buffer.from('x'.repeat(300))).text).toBe('x'.repeat(255));
    expect(read(Buffer.from(`${'x'.repeat(254)}😀y`))).toEqual({
      text: 'x'.repeat(254),
      changes: ['text_cut'],
    });
  });

  it('is printable, well formed and bounded, whatever the octets are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (octets) => {
        const { text } = read(Buffer.from(octets));
        expect(text.length).toBeLessThanOrEqual(MAX_TEXT_LENGTH);
        expect(text.isWellFormed()).toBe(true);
        expect(/\p{Cc}/u.test(text)).toBe(false);
      }),
    );
  });
});

describe('ifPhysAddress', () => {
  it('is hexadecimal with colons, and null where there is none', () => {
    expect(physAddress(Buffer.from('00a0FF'.repeat(2), 'hex'), [])).toBe('00:a0:ff:00:a0:ff');
    expect(physAddress(Buffer.alloc(0), [])).toBeNull();
  });

  it('is cut at whole octets', () => {
    const changes: ValueReason[] = [];
    expect(physAddress(Buffer.alloc(200), changes)).toHaveLength(254);
    expect(changes).toEqual(['text_cut']);
  });
});
