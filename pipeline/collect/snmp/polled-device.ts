/** One device as its collector knows it between polls: session, columns, sizes, breaker. */
import type { Clock, Log } from '../../model/component.ts';
import type { SnmpCredential } from '../../model/secret.ts';
import type { InventoryDeviceRecord } from '../../../topics/inventory.ts';
import type { FieldRow } from '../../../topics/row.ts';
import { canonicalAddress } from '../address.ts';
import { agentSession, type AgentSession } from './agent-session.ts';
import { Breaker } from './breaker.ts';
import { ColumnMemory } from './column-memory.ts';
import type { SnmpObserver } from './observer.ts';
import { poll, type PollOutcome } from './poll.ts';
import type { SnmpSettings } from './poll-settings.ts';
import type { Profile } from './profile.ts';
import type { PollReason } from './reasons.ts';
import { RequestSize } from './request-size.ts';
import type { SharedSockets } from './shared-sockets.ts';

export interface PolledDeviceDeps {
  readonly sockets: SharedSockets;
  readonly credentials: ReadonlyMap<string, SnmpCredential>;
  readonly profiles: ReadonlyMap<string, Profile>;
  readonly fields: readonly FieldRow[];
  readonly settings: SnmpSettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly observer: SnmpObserver;
}

export type DevicePoll =
  | { readonly kind: 'polled'; readonly outcome: PollOutcome; readonly missedBehindBreaker: number }
  /** Nothing could be sent: a fault of the configuration. */
  | { readonly kind: 'refused'; readonly reason: PollReason; readonly detail: string }
  /** The breaker is open: nothing was sent this time. */
  | { readonly kind: 'skipped'; readonly lastErrors: readonly string[] }
  /** The device was removed or changed meanwhile. */
  | { readonly kind: 'gone' };

export class PolledDevice {
  readonly record: InventoryDeviceRecord;
  readonly #deps: PolledDeviceDeps;
  readonly #profile: Profile | undefined;
  readonly #memory: ColumnMemory | undefined;
  readonly #size: RequestSize;
  readonly #breaker: Breaker;
  #session: AgentSession | undefined;
  #gone = false;
  #missedBehindBreaker = 0;
  #lastErrors: readonly string[] = [];
  #lastUptime = Number.NaN;
  #lastBoots = Number.NaN;

  constructor(record: InventoryDeviceRecord, deps: PolledDeviceDeps) {
    const { profiles, settings } = deps;
    this.record = record;
    this.#deps = deps;
    this.#profile = profiles.get(record.profile);
    this.#memory = this.#profile && new ColumnMemory(this.#profile);
    this.#size = new RequestSize(settings.maxRepetitions);
    this.#breaker = new Breaker({
      failures: settings.breakerFailures,
      intervalMs: record.interval_ms,
      longestBackoffMs: settings.longestBackoffMs,
    });
  }

  get isOpen(): boolean {
    return this.#breaker.state !== 'closed';
  }

  /** One planned poll. Resolves within the deadline; never rejects for what the device does. */
  async poll(): Promise<DevicePoll> {
    const { clock, settings, fields, observer } = this.#deps;
    const session = this.#openSession();
    if (session.kind === 'refused') return session;
    const admitted = this.#breaker.admit(clock());
    if (admitted === 'skip') {
      this.#missedBehindBreaker += 1;
      observer.missed('breaker_open', 1);
      return { kind: 'skipped', lastErrors: this.#lastErrors };
    }
    const outcome = await poll({
      session: session.session,
      memory: session.memory,
      size: this.#size,
      profile: session.profile,
      fields,
      clock,
      // A probe costs one timeout, not several: most devices behind a breaker stay silent.
      retries: admitted === 'probe' ? 0 : settings.retries,
      deadlineMs: Math.max(1, Math.floor(this.record.interval_ms * settings.deadlineShare)),
      rejected: (reason, field) => observer.value(reason, field),
    });
    if (this.#gone) return { kind: 'gone' };
    const missedBehindBreaker = this.#missedBehindBreaker;
    this.#missedBehindBreaker = 0;
    this.#conclude(outcome);
    return { kind: 'polled', outcome, missedBehindBreaker };
  }

  /** Ends the poll under way and the session. */
  close(): void {
    this.#gone = true;
    this.#session?.close();
    this.#session = undefined;
  }

  #openSession():
    | { kind: 'open'; session: AgentSession; profile: Profile; memory: ColumnMemory }
    | { kind: 'refused'; reason: PollReason; detail: string } {
    const { sockets, credentials, settings } = this.#deps;
    const { credential: name, port, addresses, profile } = this.record;
    if (this.#profile === undefined || this.#memory === undefined) {
      return { kind: 'refused', reason: 'unknown_profile', detail: profile };
    }
    const credential = credentials.get(name);
    if (credential === undefined) return { kind: 'refused', reason: 'unknown_credential', detail: name };
    if (this.#session === undefined) {
      const address = canonicalAddress(addresses[0] ?? '');
      if (address === undefined) return { kind: 'refused', reason: 'invalid_address', detail: '' };
      const session = agentSession(sockets, { address, port, credential, timeoutMs: settings.timeoutMs });
      if (session === 'invalid_credential') return { kind: 'refused', reason: session, detail: name };
      this.#session = session;
    }
    return { kind: 'open', session: this.#session, profile: this.#profile, memory: this.#memory };
  }

  #conclude(outcome: PollOutcome): void {
    const { engineBoots, sysUptime } = outcome.agent;
    // A restarted agent may be another version: look at all of its columns again.
    if (sysUptime < this.#lastUptime || engineBoots > this.#lastBoots) this.#memory?.forget();
    if (!Number.isNaN(sysUptime)) this.#lastUptime = sysUptime;
    if (!Number.isNaN(engineBoots)) this.#lastBoots = engineBoots;
    this.#lastErrors = outcome.errors;
    if (outcome.unanswered) {
      // v3: net-snmp keeps its notion of the agent's engine for ever. An agent that was replaced has another engine
      // or lower boots and would be refused by that notion: the next poll discovers it anew.
      this.#session?.close();
      this.#session = undefined;
    }
    this.#turnBreaker(outcome);
  }

  #turnBreaker({ unanswered, errors }: PollOutcome): void {
    const { clock, log, observer } = this.#deps;
    const { entity } = this.record;
    const wasOpen = this.isOpen;
    if (unanswered) this.#breaker.failed(clock());
    else this.#breaker.succeeded();
    if (this.isOpen === wasOpen) return;
    observer.breaker(entity, this.#breaker.state);
    if (wasOpen) log.info({ entity }, 'device answers again');
    else log.warn({ entity, errors }, 'device does not answer: asked less often until it does');
  }
}
