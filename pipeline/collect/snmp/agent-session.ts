/** One device's session: GETBULK with one request under way, its outcome a value with a named reason. */
import snmp, { type Session, type User, type Varbind } from 'net-snmp';
import type { SnmpCredential } from '../../model/secret.ts';
import type { RequestReason } from './reasons.ts';
import { patchNetSnmp } from './net-snmp-patches.ts';
import { requestReason } from './request-reason.ts';
import type { SharedSockets, SocketChannel } from './shared-sockets.ts';

export interface BulkRequest {
  /** Names before the wanted ones, asked for once (non-repeaters). */
  readonly scalars: readonly string[];
  readonly columns: readonly string[];
  readonly repetitions: number;
}

export type BulkAnswer =
  | { readonly kind: 'answer'; readonly scalars: readonly Varbind[]; readonly columns: readonly Varbind[][] }
  | { readonly kind: 'failed'; readonly reason: RequestReason; readonly detail: string };

export interface AgentSession {
  /** Answers or fails within the timeout of the session; never throws. One at a time. */
  getBulk(request: BulkRequest): Promise<BulkAnswer>;
  /** Ends the request under way with `cancelled`; its answer will be late. */
  cancel(): void;
  close(): void;
}

export interface AgentTarget {
  /** Canonical. */
  readonly address: string;
  readonly port: number;
  readonly credential: SnmpCredential;
  /** How long one request waits. */
  readonly timeoutMs: number;
}

patchNetSnmp();

/** msgFlags (RFC 3412 6.4) of each security level. */
const FLAGS = { noAuthNoPriv: 0, authNoPriv: 1, authPriv: 3 } as const;

/** A session over the shared sockets, or the reason why the credential can make none. */
export function agentSession(
  sockets: SharedSockets,
  target: AgentTarget,
): AgentSession | 'invalid_credential' {
  const { credential, address, port } = target;
  const user = credential.version === 'v3' ? v3User(credential) : undefined;
  if (credential.version === 'v3' && user === undefined) return 'invalid_credential';
  const flags = credential.version === 'v3' ? FLAGS[credential.level] : 0;
  const channel = sockets.channel(address, port, flags);
  // Repeating is the poller's: it asks for less the second time.
  const options = { port, timeout: target.timeoutMs, retries: 0, dgramModule: channel };
  const session =
    credential.version === 'v2c'
      ? snmp.createSession(address, credential.community.reveal(), { ...options, version: snmp.Version2c })
      : snmp.createV3Session(address, user!, { ...options, version: snmp.Version3 });
  return new NetSnmpSession(session, channel);
}

class NetSnmpSession implements AgentSession {
  readonly #session: Session;
  readonly #channel: SocketChannel;
  #settle: ((answer: BulkAnswer) => void) | undefined;

  constructor(session: Session, channel: SocketChannel) {
    this.#session = session;
    this.#channel = channel;
    channel.onUnusable = (reason) => this.#abandon(reason);
    // What net-snmp could not parse: it keeps the request waiting, which here ends at once.
    session.on('error', () => this.#abandon('malformed_answer'));
  }

  getBulk({ scalars, columns, repetitions }: BulkRequest): Promise<BulkAnswer> {
    return new Promise((resolve) => {
      const settle = (answer: BulkAnswer): void => {
        if (this.#settle !== settle) return;
        this.#settle = undefined;
        resolve(answer);
      };
      this.#settle = settle;
      this.#session.getBulk([...scalars, ...columns], scalars.length, repetitions, (error, varbinds) => {
        if (error === null && varbinds !== undefined) return settle(answered(varbinds, scalars.length));
        this.#channel.expire();
        settle({ kind: 'failed', ...requestReason(error) });
      });
    });
  }

  cancel(): void {
    this.#abandon('cancelled');
  }

  close(): void {
    this.cancel();
    this.#session.close();
  }

  #abandon(reason: RequestReason): void {
    this.#channel.expire();
    this.#settle?.({ kind: 'failed', reason, detail: '' });
    // Whatever net-snmp still holds must not answer the next request.
    this.#session.cancelRequests(new Error(reason));
  }
}

function answered(varbinds: readonly (Varbind | Varbind[])[], scalars: number): BulkAnswer {
  return {
    kind: 'answer',
    scalars: varbinds.slice(0, scalars).flat(),
    columns: varbinds.slice(scalars).map((one) => (Array.isArray(one) ? one : [one])),
  };
}

/** net-snmp's user, or undefined when a key is missing that the level needs. */
function v3User(credential: Extract<SnmpCredential, { version: 'v3' }>): User | undefined {
  const { user: name, level, authKey, privKey } = credential;
  const authenticated = level !== 'noAuthNoPriv';
  const encrypted = level === 'authPriv';
  if ((authenticated && authKey === undefined) || (encrypted && privKey === undefined)) return undefined;
  return {
    name,
    level: snmp.SecurityLevel[level],
    ...(authenticated && {
      authProtocol: snmp.AuthProtocols[credential.authProtocol],
      authKey: authKey!.reveal(),
    }),
    ...(encrypted && {
      privProtocol: snmp.PrivProtocols[credential.privProtocol],
      privKey: privKey!.reveal(),
    }),
  };
}
