/** One poll of one device: tables walked column by column under one deadline, whatever the agent does. */
import type { Clock } from '../../model/component.ts';
import type { FieldRow } from '../../../topics/row.ts';
import type { AgentSession, BulkAnswer } from './agent-session.ts';
import type { ColumnMemory, ColumnRead } from './column-memory.ts';
import { ColumnWalk, type WalkSink } from './column-walk.ts';
import { PollScalars, type AgentState } from './poll-scalars.ts';
import { MAX_ROWS } from './poll-settings.ts';
import { PolledTable } from './polled-table.ts';
import type { Profile } from './profile.ts';
import { PollErrors, REMEDIES, type ValueReason } from './reasons.ts';
import type { RequestSize } from './request-size.ts';

export interface PollDeps {
  readonly session: AgentSession;
  readonly memory: ColumnMemory;
  readonly size: RequestSize;
  readonly profile: Profile;
  /** Row fields of the topic. */
  readonly fields: readonly FieldRow[];
  readonly clock: Clock;
  /** Repetitions of a request that had no answer; 0 for a probe. */
  readonly retries: number;
  readonly deadlineMs: number;
  readonly rejected: (reason: ValueReason, field: string) => void;
}

export interface PollOutcome {
  readonly status: 'complete' | 'partial' | 'failed';
  /** Nothing was heard of the agent at all. */
  readonly unanswered: boolean;
  readonly errors: readonly string[];
  readonly table: PolledTable;
  readonly agent: AgentState;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly requests: number;
  readonly retries: number;
}

/** Columns refused without a single answer, after which the others are not tried. */
const REFUSALS = 3;

/** Polls once. Resolves at the deadline at the latest, never rejects for what the agent or the network does. */
export async function poll(deps: PollDeps): Promise<PollOutcome> {
  return new Poll(deps).run();
}

class Poll {
  readonly #deps: PollDeps;
  readonly #errors = new PollErrors();
  readonly #table: PolledTable;
  readonly #scalars: PollScalars;
  readonly #sink: WalkSink;
  readonly #walked = new Set<ColumnRead>();
  #requests = 0;
  #retries = 0;
  #answers = 0;
  #expired = false;
  /** Ended before the last column; `errors` says why. */
  #stopped = false;
  #refusedColumns = 0;
  /** An agent that makes rows up: each would become a series of its own, so none is taken. */
  #endless = false;

  constructor(deps: PollDeps) {
    this.#deps = deps;
    const rejected = (reason: ValueReason, field: string): void => {
      this.#errors.add(reason, field);
      deps.rejected(reason, field);
    };
    this.#table = new PolledTable(deps.fields, new Set(deps.profile.columns.map(({ field }) => field)));
    this.#scalars = new PollScalars(deps.deadlineMs, this.#errors, deps.rejected);
    this.#sink = { table: this.#table, maxRows: MAX_ROWS, rejected };
  }

  async run(): Promise<PollOutcome> {
    const { session, memory, clock, deadlineMs } = this.#deps;
    const startedAtMs = clock();
    const timer = setTimeout(() => {
      this.#expired = true;
      session.cancel();
    }, deadlineMs);
    try {
      let reads = memory.planned();
      while (reads.length > 0 && !this.#stopped) {
        await this.#walkTables(reads);
        reads = memory.replacements(this.#walked, (field) => this.#table.hasGaps(field));
      }
    } finally {
      clearTimeout(timer);
    }
    return this.#outcome(startedAtMs, clock());
  }

  #outcome(startedAtMs: number, now: number): PollOutcome {
    const { memory, size, deadlineMs } = this.#deps;
    const discarded = this.#scalars.restarted;
    if (discarded) memory.forget();
    const whole = !this.#stopped && !discarded;
    const nothing = discarded || this.#endless || this.#table.rowCount === 0;
    // An agent that has just started answers before its tables are there: no rows are not the absence of interfaces.
    if (nothing && whole) this.#errors.add('no_rows');
    if (whole) memory.pollDone();
    size.pollDone(this.#table.rowCount);
    return {
      status: nothing ? 'failed' : whole && this.#refusedColumns === 0 ? 'complete' : 'partial',
      unanswered: this.#answers === 0,
      errors: this.#errors.list,
      table: this.#table,
      agent: this.#scalars.state,
      startedAtMs,
      // The wall clock may jump in the middle of a poll; a poll lasts no longer than its deadline.
      endedAtMs: startedAtMs + Math.min(Math.max(now - startedAtMs, 0), deadlineMs),
      requests: this.#requests,
      retries: this.#retries,
    };
  }

  async #walkTables(reads: readonly ColumnRead[]): Promise<void> {
    for (const read of reads) this.#walked.add(read);
    const walks = reads.map((read) => new ColumnWalk(read));
    for (const columns of requestGroups(walks, this.#deps.size.columns)) {
      await this.#walkTogether(columns);
      if (this.#stopped) return;
    }
    // A device without any row says nothing about its columns: its tables may come later.
    if (this.#table.rowCount === 0) return;
    for (const { read, rows } of walks) this.#deps.memory.learn(read, rows > 0 ? 'present' : 'absent');
  }

  async #walkTogether(columns: readonly ColumnWalk[]): Promise<void> {
    const { size } = this.#deps;
    let attempts = 0;
    for (;;) {
      const active = columns.filter(({ ended }) => !ended).slice(0, size.columns);
      if (active.length === 0 || this.#stopped) return;
      const repetitions = size.repetitions(active.length, Math.min(...active.map(({ rows }) => rows)));
      const answer = await this.#ask(active, repetitions);
      if (answer.kind === 'answer') {
        attempts = 0;
        this.#take(answer, active, repetitions);
      } else {
        attempts += 1;
        this.#failed(answer, active, repetitions, attempts);
      }
    }
  }

  async #ask(active: readonly ColumnWalk[], repetitions: number): Promise<BulkAnswer> {
    const scalars = this.#scalars.wanted(this.#answers === 0);
    this.#requests += 1;
    const answer = await this.#deps.session.getBulk({
      scalars,
      columns: active.map(({ cursor }) => cursor),
      repetitions,
    });
    if (answer.kind === 'answer') {
      this.#answers += 1;
      this.#scalars.read(answer.scalars);
    }
    return answer;
  }

  #take(
    { columns }: Extract<BulkAnswer, { kind: 'answer' }>,
    active: readonly ColumnWalk[],
    repetitions: number,
  ): void {
    if (this.#scalars.restarted) return this.#stop('agent_restarted_during_poll');
    let taken = 0;
    for (const [i, walk] of active.entries()) {
      const varbinds = columns[i] ?? [];
      taken += varbinds.length;
      walk.take(varbinds, this.#sink);
      this.#note(walk);
    }
    if (taken === 0) {
      // Only scalars fitted, or the agent sends nothing at all: asking the same again cannot help.
      if (!this.#deps.size.shrink({ columns: active.length, repetitions }))
        this.#refuse(active[0]!, 'no_progress');
      return;
    }
    const rows = Math.floor(taken / active.length);
    if (rows >= repetitions) this.#deps.size.filled();
    // A short answer at the end of the MIB says nothing about what the agent can carry.
    else if (active.some(({ ended }) => !ended)) this.#deps.size.cut(rows);
    if (active.some(({ problem }) => problem === 'too_many_rows')) this.#stopped = this.#endless = true;
  }

  #failed(
    { reason, detail }: Extract<BulkAnswer, { kind: 'failed' }>,
    active: readonly ColumnWalk[],
    repetitions: number,
    attempts: number,
  ): void {
    if (this.#expired) return this.#stop('deadline');
    const smaller = () => this.#deps.size.shrink({ columns: active.length, repetitions });
    switch (REMEDIES[reason]) {
      case 'repeat':
        if (attempts > this.#deps.retries) return this.#stop(reason);
        // It may have been lost because it was large.
        smaller();
        this.#retries += 1;
        return;
      case 'narrow':
        if (smaller()) this.#retries += 1;
        else this.#refuse(active[0]!, reason, detail);
        return;
      case 'give_up':
        return this.#stop(reason, detail);
    }
  }

  #stop(reason: Parameters<PollErrors['add']>[0], detail = ''): void {
    this.#errors.add(reason, detail);
    this.#stopped = true;
  }

  /** The agent cannot answer for this one column: the poll goes on without it. */
  #refuse(walk: ColumnWalk, reason: Parameters<PollErrors['add']>[0], detail = ''): void {
    const { field } = walk.read.profile;
    this.#errors.add(reason, detail === '' ? field : `${field}:${detail}`);
    this.#refusedColumns += 1;
    walk.end();
    // One bad column may have spoiled every request so far; several are an agent that cannot be read.
    if (this.#answers === 0 && this.#refusedColumns === REFUSALS) this.#stopped = true;
  }

  #note({ problem, read }: ColumnWalk): void {
    if (problem === undefined) return;
    this.#errors.add(problem, read.profile.field);
    this.#refusedColumns += 1;
  }
}

/** Columns of one table go together; a table joins the one before it where both fit into `limit` columns. */
function requestGroups(walks: readonly ColumnWalk[], limit: number): ColumnWalk[][] {
  const groups: ColumnWalk[][] = [];
  for (const columns of Map.groupBy(walks, ({ read }) => read.table).values()) {
    const last = groups.at(-1);
    if (last !== undefined && last.length + columns.length <= limit) last.push(...columns);
    else groups.push(columns);
  }
  return groups;
}
