import snmp from 'net-snmp';
import { describe, expect, it } from '@jest/globals';
import { requestReason } from '../../../pipeline/collect/snmp/request-reason.ts';

const { ErrorStatus, ResponseInvalidCode } = snmp;
const failed = (status: number) => ({ name: 'RequestFailedError', message: 'x', status });
const invalid = (code: number, message = 'x') => ({ name: 'ResponseInvalidError', message, code });

describe('the reason of a failed request', () => {
  it.each([
    [{ name: 'RequestTimedOutError' }, 'timeout', ''],
    [failed(ErrorStatus.TooBig), 'too_big', ''],
    [failed(ErrorStatus.AuthorizationError), 'no_access', ''],
    [failed(ErrorStatus.GeneralError), 'agent_error', 'GeneralError'],
    [invalid(ResponseInvalidCode.EAuthFailure, 'Unknown User Name'), 'unknown_user', ''],
    [invalid(ResponseInvalidCode.EAuthFailure, 'Wrong Digest (incorrect password)'), 'wrong_digest', ''],
    [invalid(ResponseInvalidCode.EAuthFailure, 'Authentication digest 00ff received'), 'wrong_digest', ''],
    [invalid(ResponseInvalidCode.EAuthFailure, 'Not In Time Window'), 'not_in_time_window', ''],
    [invalid(14), 'not_in_time_window', ''],
    [invalid(ResponseInvalidCode.ECouldNotDecrypt), 'decryption_failed', ''],
    [invalid(ResponseInvalidCode.ECommunityNoMatch), 'wrong_community', ''],
    [invalid(ResponseInvalidCode.EUnknownObjectType), 'malformed_answer', ''],
    [{ name: 'Error', code: 'EHOSTUNREACH' }, 'send_failed', 'EHOSTUNREACH'],
    [new Error('anything else'), 'malformed_answer', ''],
    [null, 'malformed_answer', ''],
  ])('%j is %s', (error, reason, detail) => {
    expect(requestReason(error)).toEqual({ reason, detail });
  });
});
