/**
 * Simulated SNMP agents (v1, v2c, v3) over real UDP, one socket a device.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import type { Clock, Component } from '../../../model/component.ts';
import { ConfigError } from '../../../model/errors.ts';
import type { MibView } from './mib-view.ts';
import type { Misbehaviour } from './misbehaviour.ts';
import { Responder, type DropReason } from './responder.ts';
import type { V3Credential } from './credential.ts';

interface AgentDevice {
  readonly view: MibView;
  /** An address of this host, usually of 127.0.0.0/8. */
  readonly address: string;
  /** 0: any free port. */
  readonly port: number;
  readonly maxMessageBytes?: number;
}

export interface SimulatedAgentsOptions {
  readonly devices: readonly AgentDevice[];
  readonly community: string;
  /** Who may ask by v3, the same for all devices. Without one v3 messages get no answer. */
  readonly user?: V3Credential;
  readonly clock: Clock;
}

interface Endpoint {
  readonly address: string;
  readonly port: number;
}

interface AgentCounts {
  requests: number;
  answers: number;
  /** Datagrams without an answer, by reason; `silent` is a misbehaviour. */
  readonly dropped: Record<DropReason | 'silent', number>;
  sendErrors: number;
}

export interface SimulatedAgents extends Component {
  readonly counts: Readonly<AgentCounts>;
  /** Where a device answers. Known once started. @throws RangeError for a name that is none of the devices. */
  endpoint(name: string): Endpoint;
  /** Replaces what a device does wrong, from now on. @throws RangeError as `endpoint`. */
  misbehave(name: string, misbehaviours: readonly Misbehaviour[]): void;
}

/** The datagram that `garbage` sends: BER of a tag that SNMP does not have. */
const GARBAGE = Buffer.from('1f8501ff00deadbeef', 'hex');
const BIND_AT_ONCE = 256;

/**
 * Agents for `devices`. Where an address cannot be bound (macOS has only 127.0.0.1), the device gets a free port of
 * 127.0.0.1 instead: ask `endpoint`.
 * @throws RangeError when two devices have one name or a MIB has a bad OID.
 */
export function simulatedAgents({
  devices,
  community,
  user,
  clock,
}: SimulatedAgentsOptions): SimulatedAgents {
  const counts: AgentCounts = {
    requests: 0,
    answers: 0,
    dropped: { malformed: 0, version: 0, pdu: 0, community: 0, not_running: 0, silent: 0 },
    sendErrors: 0,
  };
  const agents = new Map<string, Agent>();
  for (const device of devices) {
    const { name } = device.view;
    if (agents.has(name))
      throw new RangeError(`two simulated devices are named "${name}": give each its own name`);
    agents.set(name, new Agent(device, new Responder({ ...device, community, user }), clock, counts));
  }
  const named = (name: string): Agent => {
    const agent = agents.get(name);
    if (agent === undefined) throw new RangeError(`no simulated device is named "${name}"`);
    return agent;
  };
  const inBatches = async (action: (agent: Agent) => Promise<void>): Promise<void> => {
    const all = [...agents.values()];
    for (let i = 0; i < all.length; i += BIND_AT_ONCE) {
      const outcomes = await Promise.allSettled(all.slice(i, i + BIND_AT_ONCE).map(action));
      const failed = outcomes.find((outcome) => outcome.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    }
  };
  const stop = async (): Promise<void> => inBatches((agent) => agent.close());
  return {
    name: 'simulated-agents',
    counts,
    async start() {
      try {
        await inBatches((agent) => agent.bind());
      } catch (error) {
        await stop();
        throw error;
      }
    },
    stop,
    endpoint: (name) => named(name).endpoint,
    misbehave: (name, misbehaviours) => named(name).responder.misbehave(misbehaviours, clock()),
  };
}

class Agent {
  readonly responder: Responder;
  endpoint: Endpoint;
  readonly #clock: Clock;
  readonly #counts: AgentCounts;
  readonly #delayed = new Set<NodeJS.Timeout>();
  #socket: Socket | null = null;
  /** Made when a device first answers from another port. */
  #otherSocket: Promise<Socket> | null = null;

  constructor(device: AgentDevice, responder: Responder, clock: Clock, counts: AgentCounts) {
    this.endpoint = { address: device.address, port: device.port };
    this.responder = responder;
    this.#clock = clock;
    this.#counts = counts;
  }

  async bind(): Promise<void> {
    if (this.#socket !== null) return;
    const { address, port } = this.endpoint;
    try {
      this.#socket = await boundSocket(address, port);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRNOTAVAIL') {
        throw new ConfigError(
          `the simulated agent cannot listen on UDP ${address}:${port}: choose another address or port`,
          { cause: error },
        );
      }
      this.#socket = await boundSocket('127.0.0.1', 0);
    }
    const bound = this.#socket.address();
    this.endpoint = { address: bound.address, port: bound.port };
    this.#socket.on('message', (bytes, from) => this.#receive(bytes, from));
    this.#socket.on('error', () => (this.#counts.sendErrors += 1));
  }

  async close(): Promise<void> {
    for (const timer of this.#delayed) clearTimeout(timer);
    this.#delayed.clear();
    const [socket, otherSocket] = [this.#socket, this.#otherSocket];
    this.#socket = null;
    this.#otherSocket = null;
    await Promise.all([closed(socket), closed(await otherSocket)]);
  }

  #receive(bytes: Buffer, from: RemoteInfo): void {
    const { misbehaviours } = this.responder;
    this.#counts.requests += 1;
    if (misbehaviours.some(({ kind }) => kind === 'silent')) {
      this.#counts.dropped.silent += 1;
      return;
    }
    let answer = this.responder.answer(bytes, this.#clock());
    if (typeof answer === 'string') {
      this.#counts.dropped[answer] += 1;
      return;
    }
    let delayMs = 0;
    let otherPort = false;
    for (const misbehaviour of misbehaviours) {
      if (misbehaviour.kind === 'truncated') answer = answer.subarray(0, answer.length >>> 1);
      else if (misbehaviour.kind === 'garbage') answer = GARBAGE;
      else if (misbehaviour.kind === 'delay') ({ delayMs } = misbehaviour);
      else if (misbehaviour.kind === 'answer_from_other_port') otherPort = true;
    }
    const octets = answer;
    if (delayMs === 0 && !otherPort) this.#send(this.#socket, octets, from);
    else this.#sendLater(octets, from, delayMs, otherPort);
  }

  #sendLater(octets: Buffer, from: RemoteInfo, delayMs: number, otherPort: boolean): void {
    const timer = setTimeout(() => {
      this.#delayed.delete(timer);
      if (!otherPort) this.#send(this.#socket, octets, from);
      else void this.#sendFromOtherPort(octets, from);
    }, delayMs);
    this.#delayed.add(timer);
  }

  async #sendFromOtherPort(octets: Buffer, from: RemoteInfo): Promise<void> {
    try {
      this.#otherSocket ??= boundSocket(this.endpoint.address, 0);
      const socket = await this.#otherSocket;
      // Closed while this one waited for its socket.
      if (this.#socket !== null) this.#send(socket, octets, from);
    } catch {
      this.#counts.sendErrors += 1;
    }
  }

  #send(socket: Socket | null, octets: Buffer, to: RemoteInfo): void {
    if (socket === null) return;
    this.#counts.answers += 1;
    socket.send(octets, to.port, to.address, (error) => {
      if (error !== null) this.#counts.sendErrors += 1;
    });
  }
}

/** The host is an address already: without this, every answer would wait for a resolver callback. */
function lookup(
  address: string,
  _options: unknown,
  callback: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void {
  callback(null, address, 4);
}

async function boundSocket(address: string, port: number): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', lookup });
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind(port, address, () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

async function closed(socket: Socket | null): Promise<void> {
  if (socket === null) return;
  return new Promise((resolve) => {
    socket.close(() => resolve());
  });
}
