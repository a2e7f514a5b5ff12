/**
 * Where a task begins: behind its last transaction with the state that made it, or, where there never was one, at the
 * committed offsets or the beginning with an empty state.
 */
import type { Broker, CommittedOffset } from '../broker/port.ts';
import type { Log } from '../model/component.ts';
import { ConfigError, PermanentError, RetryableError } from '../model/errors.ts';
import type { TopicName } from '../../topics/catalogue.ts';
import type { Freshness } from './checkpoint/checkpoint-schedule.ts';
import { CheckpointLog } from './checkpoint/checkpoint-log.ts';
import { LiveUnits } from './checkpoint/live-units.ts';
import { restore, type Restored } from './checkpoint/restore.ts';
import type { Folding } from './folding.ts';
import type { ProcessObserver } from './observer.ts';
import type { ProcessorOutput, SubTopology } from './sub-topology.ts';
import type { TaskTransactions } from './task-transactions.ts';

export interface RestoreProgress {
  readonly done: number;
  readonly total: number;
}

export interface TaskStartDeps {
  readonly broker: Broker;
  readonly group: string;
  readonly partition: number;
  readonly subTopology: SubTopology;
  readonly physicalName: (topic: TopicName) => string;
  readonly checkpoints: { readonly topic: string; readonly startAnew: boolean } | undefined;
  readonly log: Log;
  readonly observer: ProcessObserver;
  readonly folding: Folding;
  readonly transactions: TaskTransactions;
  /** Goes out with the task's first commit. */
  readonly output: ProcessorOutput;
  readonly signal: AbortSignal;
  readonly progress: (done: number, total: number) => void;
}

export interface BegunTask {
  /** Next offset of every input. */
  readonly positions: Map<TopicName, number>;
  /** Whether the last checkpoint holds everything that was folded. */
  readonly freshness: Freshness;
  /** By the broker's clock; undefined: just now. */
  readonly checkpointedAtMs: number | undefined;
  /** What of the state lies in the log. */
  readonly live: LiveUnits;
}

/** @throws RetryableError while the broker is away or another owner fenced us; PermanentError when state is lost. */
export async function beginTask(deps: TaskStartDeps): Promise<BegunTask> {
  const { broker, partition, checkpoints, log, group, folding, transactions } = deps;
  const startedMs = performance.now();
  await retryable(transactions.start(), deps);
  const committed = await committedOffsets(deps);
  if (checkpoints === undefined) return startNew(deps, committed);
  const refolded: Buffer[] = [];
  const restored = await restore({
    ...deps,
    refolded: (topic, value) => {
      if (topic === deps.subTopology.reconciled) refolded.push(value);
    },
    log: new CheckpointLog(broker, { topic: checkpoints.topic, partition }),
    inputs: physicalNames(deps),
    committed,
    startAnew: checkpoints.startAnew,
  });
  if (restored === undefined) return startNew(deps, committed);
  transactions.pointTo(restored.manifestOffset, restored.sentUpTo);
  const isOther = restored.foldVersion !== deps.subTopology.foldVersion;
  if (isOther && restored.refolded > 0) await afterAnotherVersion(restored, refolded, deps);
  const { entities, rows } = folding.processor.state;
  log.info(
    {
      group,
      partition,
      entities,
      rows,
      checkpoint: restored.checkpoint,
      refolded: restored.refolded,
      ms: Math.round(performance.now() - startedMs),
    },
    'task restored',
  );
  const freshness = isOther ? 'due' : restored.refolded > 0 ? 'stale' : 'fresh';
  const { checkpointedAtMs, live } = restored;
  return { positions: await withNewInputs(restored.inputs, deps), freshness, checkpointedAtMs, live };
}

/** What a fenced or cut off producer says is no verdict on this task: the group decides who owns the partition. */
async function retryable<T>(work: Promise<T>, { group, partition }: TaskStartDeps): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    throw new RetryableError(`task ${group}-${partition} could not fence its earlier owners`, {
      cause,
      retryAfterMs: 500,
    });
  }
}

function physicalNames({ subTopology, physicalName }: TaskStartDeps): Map<TopicName, string> {
  return new Map(subTopology.inputs.map((topic) => [topic, physicalName(topic)]));
}

async function committedOffsets(deps: TaskStartDeps): Promise<Map<TopicName, CommittedOffset>> {
  const { broker, group, partition } = deps;
  const names = physicalNames(deps);
  const found = await broker.committedOffsets(group, [...names.values()]);
  return new Map(
    [...names].flatMap(([name, topic]) => {
      const mine = found.find((one) => one.topic === topic && one.partition === partition);
      return mine === undefined ? [] : [[name, mine] as const];
    }),
  );
}

async function startNew(
  deps: TaskStartDeps,
  committed: ReadonlyMap<TopicName, CommittedOffset>,
): Promise<BegunTask> {
  const { subTopology, folding, transactions, checkpoints, log, group, partition } = deps;
  const positions = new Map<TopicName, number>();
  const preload = new Map<TopicName, number>();
  for (const name of subTopology.inputs) {
    const { earliest, lastStable } = await limits(deps, name);
    const isPreloaded = subTopology.preloaded.includes(name);
    // With an empty state all of the inventory is news, whatever was committed.
    const isKnown = checkpoints === undefined || !isPreloaded;
    const from = (isKnown ? committed.get(name)?.offset : undefined) ?? earliest;
    positions.set(name, from);
    if (isPreloaded && lastStable > from) preload.set(name, lastStable);
  }
  folding.continueFrom(preload, Number.NaN);
  if (checkpoints !== undefined) {
    if (committed.size > 0)
      log.warn({ group, partition }, 'task starts anew with an empty state, as it was told to');
    const { foldVersion } = subTopology;
    await retryable(
      transactions.genesis({ foldVersion, inputs: positions, preload, lastTickMs: Number.NaN }),
      deps,
    );
  }
  return { positions, freshness: 'fresh', checkpointedAtMs: undefined, live: new LiveUnits() };
}

/** An input that is new since the checkpoint is folded from its beginning. */
async function withNewInputs(
  restored: ReadonlyMap<TopicName, number>,
  deps: TaskStartDeps,
): Promise<Map<TopicName, number>> {
  const positions = new Map<TopicName, number>();
  for (const name of deps.subTopology.inputs) {
    positions.set(name, restored.get(name) ?? (await limits(deps, name)).earliest);
  }
  return positions;
}

async function limits(
  deps: TaskStartDeps,
  name: TopicName,
): Promise<{ earliest: number; lastStable: number }> {
  const { broker, partition, physicalName, subTopology } = deps;
  const topic = physicalName(name);
  const found = (await broker.offsets(topic)).find((log) => log.partition === partition);
  if (found === undefined) {
    throw new PermanentError(`topic ${topic} has no partition ${partition} for ${subTopology.name}`);
  }
  return found;
}

/** Another fold version gives another state: what was sent since the checkpoint came from the old one. */
async function afterAnotherVersion(
  restored: Restored,
  refolded: readonly Buffer[],
  deps: TaskStartDeps,
): Promise<void> {
  const { subTopology, observer, log, group, partition } = deps;
  const changed = await reconcile(restored, refolded, deps);
  observer.refoldedByAnotherVersion(restored.refolded);
  log.warn(
    {
      group,
      partition,
      refolded: restored.refolded,
      reconciled: changed,
      checkpoint: restored.foldVersion,
      now: subTopology.foldVersion,
    },
    'records since the last checkpoint were folded again by another fold version: for an exact upgrade stop all ' +
      'processes cleanly (each checkpoints) before starting the new version',
  );
}

/** @returns how many records it took to bring what was sent to what the new version would have sent. */
async function reconcile(
  { sentUpTo }: Restored,
  refolded: readonly Buffer[],
  deps: TaskStartDeps,
): Promise<number> {
  const { subTopology, partition, broker, physicalName, folding, output } = deps;
  if (subTopology.reconciled === undefined) return 0;
  const topic = physicalName(subTopology.reconciled);
  const { earliest, lastStable } = await limits(deps, subTopology.reconciled);
  const sent: Buffer[] = [];
  const from = Math.min(Math.max(earliest, sentUpTo ?? earliest), lastStable);
  for await (const { records } of broker.readRange({ topic, partition }, from, lastStable)) {
    sent.push(...records.flatMap(({ value }) => value ?? []));
  }
  return (await folding.processor.reconcile?.(sent, refolded, output)) ?? 0;
}
