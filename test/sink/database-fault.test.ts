import { describe, expect, it } from '@jest/globals';
import {
  copyRow,
  databaseFault,
  describe as described,
  isMissingPartition,
} from '../../pipeline/sink/database-fault.ts';

const withCode = (code: string) => Object.assign(new Error('x'), { code });

describe('a database error', () => {
  it('is described by its message and its code, each once', () => {
    const refused = new Error('connect ECONNREFUSED 127.0.0.1:5432');
    expect(described(Object.assign(refused, { code: 'ECONNREFUSED' }))).toBe(
      'connect ECONNREFUSED 127.0.0.1:5432',
    );
    expect(described(withCode('57P03'))).toBe('x (57P03)');
    // localhost with two addresses.
    expect(described(Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }))).toBe('ECONNREFUSED');
  });

  it.each([
    '08006',
    '08P01',
    '40001',
    '40P01',
    '53100',
    '53300',
    '55P03',
    '57P01',
    '57P03',
    '57014',
    '25P03',
    'XX000',
    'ECONNREFUSED',
    'EPIPE',
    'ETIMEDOUT',
  ])('%s is repeated', (code) => {
    expect(databaseFault(withCode(code))).toBe('retry');
  });

  it.each(['22003', '22021', '22P02', '23502', '23514', '54000'])('%s is a row to be taken out', (code) => {
    expect(databaseFault(withCode(code))).toBe('poison');
  });

  it.each(['28P01', '28000', '3D000', '42501', '42P01', '42703', '0A000', 'TS103'])(
    '%s needs a person',
    (code) => {
      expect(databaseFault(withCode(code))).toBe('configuration');
    },
  );

  it.each([
    'Connection terminated unexpectedly',
    'timeout exceeded when trying to connect',
    'Client was closed and is not queryable',
  ])('without a code is repeated when it is about the connection: %s', (message) => {
    expect(databaseFault(new Error(message))).toBe('retry');
  });

  it('that is a bug of ours is neither', () => {
    expect(databaseFault(new TypeError('x is not a function'))).toBe('unknown');
    expect(databaseFault(Object.assign(new Error('x'), { code: 'ERR_INVALID_ARG_TYPE' }))).toBe('unknown');
    expect(databaseFault('text')).toBe('unknown');
  });

  it('names the row of a COPY, counted from 0', () => {
    const where = 'COPY interface_metrics, line 37, column rx_bps';
    expect(copyRow(Object.assign(new Error('x'), { where }))).toBe(36);
    expect(
      copyRow(Object.assign(new Error('x'), { where: 'PL/pgSQL function f() line 3 at RAISE' })),
    ).toBeUndefined();
    expect(copyRow(new Error('x'))).toBeUndefined();
  });

  it('about a missing partition is told from a check constraint', () => {
    expect(isMissingPartition(withCode('23514'))).toBe(true);
    expect(isMissingPartition(Object.assign(withCode('23514'), { constraint: 'c' }))).toBe(false);
  });
});
