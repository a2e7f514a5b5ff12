/** Who is heard on the shared socket: only the agent that was asked, only for what it was asked, only as protected. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Responder } from '../../../pipeline/collect/snmp/agent/responder.ts';
import type { AgentSession } from '../../../pipeline/collect/snmp/agent-session.ts';
import { Secret, type SnmpCredential } from '../../../pipeline/model/secret.ts';
import { describeIf } from '../../support/requires.ts';
import { until } from '../../support/until.ts';
import { interfaces, poller, rowsOf, tableMib, type Poller } from './table-mib.ts';

type Script = (request: Buffer, from: RemoteInfo, socket: Socket) => void;

const opened: Socket[] = [];
let asking: Poller;

beforeEach(async () => {
  asking = await poller({ listenAddress: '0.0.0.0' });
});

afterEach(async () => {
  await asking.stop();
  await Promise.all(
    opened.splice(0).map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))),
  );
});

async function udp(address: string, port = 0): Promise<Socket> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  opened.push(socket);
  socket.bind(port, address);
  await once(socket, 'listening');
  return socket;
}

async function agent(script: Script, address = '127.0.0.1'): Promise<{ address: string; port: number }> {
  const socket = await udp(address);
  socket.on('message', (request, from) => script(request, from, socket));
  return { address, port: socket.address().port };
}

const responder = new Responder({ view: tableMib(interfaces(2)), community: 'public' });
function answerTo(request: Buffer): Buffer {
  const answer = responder.answer(request, 0);
  if (typeof answer === 'string') throw new TypeError(answer);
  return answer;
}

async function polled(session: AgentSession): Promise<unknown> {
  const outcome = await asking.poll(session, { retries: 0 });
  return { status: outcome.status, errors: outcome.errors, rows: rowsOf(outcome).length };
}

const SILENT = { status: 'failed', errors: ['timeout'], rows: 0 };
const WHOLE = { status: 'complete', errors: [], rows: 2 };

describe('an answer', () => {
  it('from another address is not heard', async () => {
    const other = await udp('127.0.0.2');
    const target = await agent((request, from) => other.send(answerTo(request), from.port, from.address));
    expect(await polled(asking.session(target))).toEqual(SILENT);
    expect(asking.dropped).toEqual(['unknown_source']);
  });

  it('from another port of the same address is not heard, even of an agent that is asked, too', async () => {
    const other = await udp('127.0.0.1');
    const target = await agent((request, from) => other.send(answerTo(request), from.port, from.address));
    asking.session({ address: '127.0.0.1', port: other.address().port });
    expect(await polled(asking.session(target))).toEqual(SILENT);
    expect(asking.dropped).toEqual(['unknown_request']);
  });

  it('that comes twice is heard once', async () => {
    const target = await agent((request, from, socket) => {
      const answer = answerTo(request);
      socket.send(answer, from.port, from.address);
      socket.send(answer, from.port, from.address);
    });
    expect(await polled(asking.session(target))).toEqual(WHOLE);
    await until(() => asking.dropped.includes('duplicate'), 'the second copy');
  });

  it('of another community ends the poll with that reason', async () => {
    const target = await agent((request, from, socket) => {
      const answer = Buffer.from(answerTo(request));
      answer.write('PUBLIC', answer.indexOf('public'));
      socket.send(answer, from.port, from.address);
    });
    expect(await polled(asking.session(target))).toEqual({ ...SILENT, errors: ['wrong_community'] });
  });

  it('with a body that cannot be read ends the poll at once', async () => {
    const target = await agent((request, from, socket) => {
      const answer = Buffer.from(answerTo(request));
      // A type that SNMP does not have, in place of the first TimeTicks.
      answer[answer.indexOf(Buffer.from('2b060102010103004303', 'hex')) + 8] = 0x5f;
      socket.send(answer, from.port, from.address);
    });
    const started = performance.now();
    const outcome = await asking.poll(asking.session(target), { retries: 0 });
    expect(outcome.errors).toContain('malformed_answer:in_octets');
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('is told apart where two sessions ask the same agent', async () => {
    const target = await agent((request, from, socket) =>
      socket.send(answerTo(request), from.port, from.address),
    );
    const both = [asking.session(target), asking.session(target)];
    expect(await Promise.all(both.map(polled))).toEqual([WHOLE, WHOLE]);
    expect(asking.dropped).toEqual([]);
  });
});

describe('a v3 answer', () => {
  /** msgID 77, msgFlags 0, a plain scoped PDU of the given tag. */
  const message = (pdu: string, flags = '04'): Buffer =>
    Buffer.from(
      `3032020103300d02014d020205dc0401${flags}0201030410300e0400020101020101040004000400300c04000400${pdu}06020100020100`,
      'hex',
    );

  it.each([
    ['that leaves out authentication is not heard', 'a2', ['unauthenticated']],
    ['that is a report may leave it out (engine discovery)', 'a8', []],
  ])('%s', async (_name, pdu, dropped) => {
    const answers: Buffer[] = [];
    const target = await agent((_request, from, socket) => {
      socket.send(message(pdu, '00'), from.port, from.address);
    });
    const channel = asking.sockets.channel(target.address, target.port, 3);
    channel.on('message', (bytes: Buffer) => answers.push(bytes));
    const request = message('a0');
    channel.send(request, 0, request.length, target.port, target.address, () => {});
    await until(() => answers.length + asking.dropped.length > 0, 'the answer or its refusal');
    expect(asking.dropped).toEqual(dropped);
    expect(answers).toHaveLength(1 - dropped.length);
    channel.close();
  });
});

describe('what cannot be sent', () => {
  it('is the outcome of the poll', async () => {
    // Datagrams to the broadcast address need a socket option that polls do not set: EACCES from the kernel.
    const outcome = await polled(asking.session({ address: '255.255.255.255', port: 161 }));
    expect(outcome).toEqual({ ...SILENT, errors: ['send_failed:EACCES'] });
  });

  it('to a port where nobody listens ends with timeout', async () => {
    const socket = await udp('127.0.0.1');
    const { port } = socket.address();
    opened.splice(opened.indexOf(socket), 1);
    socket.close();
    expect(await polled(asking.session({ address: '127.0.0.1', port }))).toEqual(SILENT);
  });

  it('for want of a key has a reason of its own', () => {
    const credential: SnmpCredential = {
      version: 'v3',
      user: 'monitor',
      level: 'authPriv',
      authProtocol: 'sha256',
      authKey: new Secret('only one key'),
      privProtocol: 'aes',
    };
    expect(() => asking.session({ address: '127.0.0.1', port: 161 }, credential)).toThrow(
      'invalid_credential',
    );
  });
});

const hasIPv6 = (networkInterfaces()['lo'] ?? []).some(({ family }) => family === 'IPv6');
describeIf(hasIPv6, 'the loopback interface has no IPv6 address')('an agent with an IPv6 address', () => {
  it('is polled over a second socket', async () => {
    const target = await agent(
      (request, from, socket) => socket.send(answerTo(request), from.port, from.address),
      '::1',
    );
    expect(await polled(asking.session(target))).toEqual(WHOLE);
  });
});
