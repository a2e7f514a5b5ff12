import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Codec } from '../../pipeline/codec/port.ts';
import { WINDOW_MS, type DomainInputRecord } from '../../topics/domain.ts';
import { startedCodec } from '../support/codec.ts';
import { domainFold, summaryOf, tick, type DomainFold } from '../support/domain-input.ts';
import type { SavedUnit } from '../../pipeline/runtime/state-units.ts';
import { randomFrom } from '../support/random-from.ts';
import { stateSums } from '../support/state-sums.ts';

const START = Date.UTC(2026, 5, 1);
const HOUR_MS = 3_600_000;
const TICK = 60_000;

let codec: Codec;

beforeAll(async () => {
  codec = await startedCodec();
});

/** What was sent, by key: records of different keys have no order. */
function byKey({ sent }: DomainFold): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const record of sent) {
    const key = record.split(' ').slice(0, 2).join(' ');
    found.set(key, [...(found.get(key) ?? []), record]);
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

describe('records', () => {
  it('that cannot be used are dead letters, and others of a later version are counted', async () => {
    const fold = domainFold(codec);
    await fold.foldBytes(null);
    await fold.foldBytes(Buffer.from('nothing'));
    const summary = summaryOf(1, START, 5);
    const wrong: readonly Partial<DomainInputRecord>[] = [
      { domain: null },
      { window_start: START + 1 },
      { metrics: [{ metric_name: 'rx_bps', total: Number.NaN, rows: 1, weight: 1 }] },
      { metrics: [{ metric_name: 'rx_bps', total: 1, rows: 0, weight: 1 }] },
    ];
    await fold.fold(...wrong.map((changes) => ({ ...summary, ...changes })));
    await fold.fold({ ...tick(START, 0, 1), upstream: 1 }, { ...summary, kind: 'unknown' });
    expect(fold.refused).toEqual([
      'tombstone: nothing here has tombstones',
      expect.stringContaining('not_framed'),
      'invalid: a summary of nobody',
      `invalid: a summary of the window ${START + 1}`,
      'invalid: a summary of rx_bps without numbers',
      'invalid: a summary of rx_bps without numbers',
      'invalid: a tick of upstream 1 of 1',
    ]);
    expect([...fold.outcomes]).toEqual([['task.unknown_kind', 1]]);
  });

  it('pass no time by when they were appended: only ticks of all upstreams do', async () => {
    const fold = domainFold(codec);
    await fold.fold(tick(START, 0, 2), summaryOf(1, START, 5), tick(START + TICK, 0, 2));
    expect(fold.folding.lastTickMs).toBeNaN();
    await fold.fold(tick(START + 7_000, 1, 2));
    expect(fold.folding.lastTickMs).toBe(START);
    await fold.fold(tick(START + TICK, 0, 2));
    expect(fold.folding.lastTickMs).toBe(START + 5_000);
    await fold.fold(tick(START + 40_000, 1, 2), tick(START + 30_000, 0, 2));
    expect(fold.folding.lastTickMs).toBe(START + 40_000);
  });
});

/** Hours of six devices behind three upstreams, and one without any: what each of them sends, in its order. */
function upstreams(seed: number): DomainInputRecord[][] {
  const chance = randomFrom(seed);
  const hours = 3;
  return [0, 1, 2, 3].map((upstream) => {
    const sent: { readonly atMs: number; readonly record: DomainInputRecord }[] = [];
    for (let atMs = START; atMs <= START + (hours + 1) * HOUR_MS; atMs += TICK)
      sent.push({ atMs, record: tick(atMs, upstream, 4) });
    for (const device of upstream === 3 ? [] : [upstream, upstream + 3]) {
      for (let n = 0; n < hours * 12; n += 1) {
        const windowMs = START + n * WINDOW_MS;
        // Devices 0 and 1 always report in time; others are silent now and then, or late, also beyond the grace.
        const isSteady = device < 2;
        if (!isSteady && chance() < 0.1) continue;
        const lateMs = isSteady || chance() < 0.8 ? 5_000 : Math.floor(chance() * 240) * 5_000;
        const atMs = windowMs + WINDOW_MS + lateMs;
        const total = 100 * chance() * 10 ** device;
        sent.push({ atMs: atMs + 1, record: summaryOf(device, windowMs, total, atMs) });
      }
    }
    return sent.toSorted((a, b) => a.atMs - b.atMs).map(({ record }) => record);
  });
}

/**
 * The upstreams' records as a partition may have them: each upstream's in its order, some far ahead of others, and of
 * their ticks those that were the last of a commit.
 */
function interleaved(of: readonly DomainInputRecord[][], seed: number): DomainInputRecord[] {
  const chance = randomFrom(seed);
  const queues = of.map((records) => {
    const share = chance() ** 2;
    return records.filter(({ kind }, at) => kind !== 'tick' || at === records.length - 1 || chance() < share);
  });
  const log: DomainInputRecord[] = [];
  while (queues.some(({ length }) => length > 0)) {
    const queue = queues[Math.floor(chance() * queues.length)]!;
    const burst = 1 + Math.floor(chance() ** 4 * 200);
    log.push(...queue.splice(0, burst));
  }
  return log;
}

describe('the order of upstreams among each other', () => {
  it('does not matter', async () => {
    const reference = new Map<number, Map<string, string[]>>();
    await fc.assert(
      fc.asyncProperty(fc.nat(3), fc.integer(), async (input, order) => {
        const sent = upstreams(input);
        if (!reference.has(input)) {
          const fold = domainFold(codec, { spreadMs: 60_000 });
          const inOrder = sent.flat().toSorted((a, b) => a.sent_at - b.sent_at || (a.kind < b.kind ? -1 : 1));
          await fold.fold(...inOrder);
          reference.set(input, byKey(fold));
        }
        const fold = domainFold(codec, { spreadMs: 60_000 });
        await fold.fold(...interleaved(sent, order));
        expect(byKey(fold)).toEqual(reference.get(input));
        expect(byKey(fold).size).toBe(4);
      }),
      { numRuns: 20 },
    );
  }, 60_000);
});

/** What checkpoints have written of a state: later units replace earlier ones. */
class Checkpoints {
  readonly #units = new Map<string, SavedUnit>();

  get kinds(): Set<string> {
    return new Set([...this.#units.keys()].map((name) => name.split('.', 2).join('.')));
  }

  /** Writes one of `from`, and restores it in another processor. */
  restarted(from: DomainFold): DomainFold {
    const into = domainFold(codec, { spreadMs: 60_000 });
    const snapshot = from.processor.snapshot();
    const { layout } = snapshot;
    for (let unit = snapshot.next(); unit !== undefined; unit = snapshot.next())
      this.#units.set(unit.name, { ...unit, columns: layout.columns });
    const loader = into.processor.load(layout, [layout.columns]);
    for (const unit of this.#units.values()) expect(loader.load(unit)).toBe(true);
    into.folding.continueFrom(new Map(), from.folding.lastTickMs);
    return into;
  }
}

describe('a restart', () => {
  it('anywhere changes nothing of what is sent', async () => {
    const log = interleaved(upstreams(1), 1);
    const whole = domainFold(codec, { spreadMs: 60_000 });
    await whole.fold(...log);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(log.length), { minLength: 1, maxLength: 4 }), async (cuts) => {
        const checkpoints = new Checkpoints();
        let running = domainFold(codec, { spreadMs: 60_000 });
        const sent: string[] = [];
        let from = 0;
        for (const cut of [...cuts.toSorted((a, b) => a - b), log.length]) {
          await running.fold(...log.slice(from, cut));
          sent.push(...running.sent);
          running = checkpoints.restarted(running);
          from = cut;
        }
        expect(sent).toEqual(whole.sent);
      }),
      { numRuns: 15 },
    );
  }, 60_000);

  it('finds everything that has changed in what the checkpoints have written', async () => {
    const log = interleaved(upstreams(2), 2);
    const fold = domainFold(codec, { spreadMs: 60_000 });
    const checkpoints = new Checkpoints();
    for (let at = 0; at < log.length; at += 97) {
      await fold.fold(...log.slice(at, at + 97));
      expect(stateSums(checkpoints.restarted(fold).processor)).toEqual(stateSums(fold.processor));
    }
    const kinds = ['keys.0', 'row.hot', 'row.cell', 'objects.task', 'objects.aggregate-baseline'];
    expect([...checkpoints.kinds]).toEqual(expect.arrayContaining(kinds));
  }, 60_000);
});
