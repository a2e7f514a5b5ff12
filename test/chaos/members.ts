/** The members of the run: killed, started, added, removed. One that ends by itself is remembered and started again. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Chance } from './chance.ts';
import { restoresIn, type Restore } from './restores.ts';
import { startMember, type MemberKind, type Surroundings } from './member.ts';
import type { NetsigmaProcess } from '../support/netsigma-process.ts';
import { until } from '../support/until.ts';

interface Member {
  readonly kind: MemberKind;
  readonly name: string;
  readonly process: NetsigmaProcess;
  /** Its end was ours. */
  ordered: boolean;
}

/** A member that ended by itself, or badly when told to stop. */
export interface BadEnd {
  readonly name: string;
  readonly kind: MemberKind;
  readonly code: number | null;
  /** The last lines it wrote. */
  readonly output: string;
}

/** An orderly stop. */
export interface Stop {
  readonly name: string;
  /** null: it was stopped before it could listen to signals. */
  readonly code: number | null;
  readonly tookMs: number;
}

const TAIL = 2_000;
/** A supervisor would wait longer each time. */
const RESTART_MS = 1_000;
const MOST_RESTARTS = 30;
const END_MS = 90_000;

export class Members {
  readonly badEnds: BadEnd[] = [];
  readonly stops: Stop[] = [];
  /** What members that have ended said about their tasks' restores. */
  readonly restores: Restore[] = [];
  readonly #where: Surroundings;
  readonly #logs: string | undefined;
  readonly #members = new Set<Member>();
  readonly #restarts = new Set<NodeJS.Timeout>();
  #names = 0;

  /** `logs`: a folder for what they write. */
  constructor(where: Surroundings, logs?: string) {
    this.#where = where;
    this.#logs = logs;
  }

  count(kind: MemberKind): number {
    return this.#of(kind).length;
  }

  start(kind: MemberKind): void {
    this.#names += 1;
    const name = `${kind}-${this.#names}`;
    const member: Member = {
      kind,
      name,
      process: startMember([kind], this.#where, name),
      ordered: false,
    };
    this.#members.add(member);
    void member.process.ended.then((code) => {
      this.#members.delete(member);
      this.restores.push(...restoresIn(member.process.output()));
      if (this.#logs !== undefined) writeFileSync(join(this.#logs, `${name}.log`), member.process.output());
      if (member.ordered) return;
      this.#remember(member, code);
      if (this.badEnds.length > MOST_RESTARTS) return;
      const restart = setTimeout(() => {
        this.#restarts.delete(restart);
        this.start(kind);
      }, RESTART_MS);
      this.#restarts.add(restart);
    });
  }

  /** SIGKILL to one of them, whatever it is doing. */
  async kill(kind: MemberKind, chance: Chance): Promise<void> {
    await until(() => this.count(kind) > 0, `a ${kind} that can be killed`, END_MS);
    await this.#end([chance.pick(this.#of(kind))], 'SIGKILL');
  }

  /** SIGTERM to one of them, without waiting for its end. */
  remove(kind: MemberKind, chance: Chance): void {
    const members = this.#of(kind);
    if (members.length === 0) return;
    void this.#end([chance.pick(members)], 'SIGTERM');
  }

  /** A member more, which is told to stop once it is ready. @returns what its tasks have restored. */
  async handOver(kind: MemberKind): Promise<Restore[]> {
    this.start(kind);
    const [member] = this.#of(kind).slice(-1);
    await member!.process.ready();
    await this.endAll(kind, 'SIGTERM');
    return restoresIn(member!.process.output());
  }

  /** Ends all of a kind and waits until they are gone. @returns their exit codes. */
  async endAll(kind: MemberKind, signal: NodeJS.Signals): Promise<(number | null)[]> {
    for (const restart of this.#restarts) clearTimeout(restart);
    this.#restarts.clear();
    return this.#end(this.#of(kind), signal);
  }

  async #end(members: readonly Member[], signal: NodeJS.Signals): Promise<(number | null)[]> {
    const codes: (number | null)[] = [];
    const beganMs = performance.now();
    for (const member of members) {
      const { name } = member;
      member.ordered = true;
      member.process.child.kill(signal);
      void member.process.ended.then((code) => {
        codes.push(code);
        if (signal === 'SIGTERM') this.stops.push({ name, code, tookMs: performance.now() - beganMs });
        if (signal === 'SIGTERM' && code !== 0 && code !== null) this.#remember(member, code);
      });
    }
    await until(
      () => codes.length === members.length,
      `${members.length} members to end by ${signal}`,
      END_MS,
    );
    return codes;
  }

  #remember({ kind, name, process }: Member, code: number | null): void {
    this.badEnds.push({ kind, name, code, output: process.output().slice(-TAIL) });
  }

  #of(kind: MemberKind): Member[] {
    return [...this.#members].filter((member) => member.kind === kind && !member.ordered);
  }
}
