/**
 * The state of the whole entity sub-topology in incremental snapshots: nothing changes that is not marked, and what a
 * log holds after any snapshots is the state of the last one's instant, byte for byte.
 */
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Codec } from '../../../pipeline/codec/port.ts';
import type { ReadingProcessor } from '../../../pipeline/runtime/reading-processor.ts';
import type { StateSnapshot, UnitCopy } from '../../../pipeline/runtime/state-snapshot.ts';
import type { SavedUnit } from '../../../pipeline/runtime/state-units.ts';
import { goldenInput, LIVE_FROM_MS, type GoldenRecord } from '../../golden/golden-input.ts';
import { startedCodec } from '../../support/codec.ts';
import { goldenProcessor } from '../../support/golden-processor.ts';
import { randomFrom } from '../../support/random-from.ts';
import { stateSums as sums } from '../../support/state-sums.ts';
import { STAGE_DEFAULTS } from '../../support/topology-driver.ts';

const SEED = 7;
const TIMEOUT_MS = 240_000;

let codec: Codec;
let input: GoldenRecord[];

beforeAll(async () => {
  codec = await startedCodec();
  input = goldenInput(codec, SEED);
}, TIMEOUT_MS);

/** So hasty that levels shift in what is usual for a day: all cells of a series change at once then. */
const HASTY = {
  ...STAGE_DEFAULTS,
  baseline: {
    ...STAGE_DEFAULTS.baseline,
    shiftPolls: 2,
    shiftS: 600,
  },
};

/** A processor, and how often a series was relearned. */
function shifting() {
  const shifts = { count: 0 };
  const out = {
    count: (_stage: string, outcome: string, by = 1) => {
      if (outcome === 'level_shift') shifts.count += by;
    },
  };
  return { ...goldenProcessor(codec, { settings: HASTY, out }), shifts };
}

/** Units of cells hold their values twice, by k and by block: a change must be in one of the two. */
function isBlockOrCell(name: string): boolean {
  return name.includes('.block.') || name.includes('.cell.');
}

/** Of the snapshot, without writing it anywhere. */
function drained(snapshot: StateSnapshot): Set<string> {
  const names = new Set(snapshot.changed.map(({ name }) => name));
  while (snapshot.left > 0) snapshot.next();
  return names;
}

/** What differs between the two states though it was not marked. */
function unmarked(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  marked: ReadonlySet<string>,
): string[] {
  const set = (name: string) => name.replace(/\.(cell|block)\.(.*)\.\d+$/, '.$2');
  const markedSets = new Set([...marked].filter(isBlockOrCell).map(set));
  return [...after].flatMap(([name, sum]) => {
    const was = before.get(name);
    if (was === sum || marked.has(name)) return [];
    // A cell whose block is marked, or the reverse: the exactness test below tells whether it was the right one.
    if (isBlockOrCell(name)) return markedSets.has(set(name)) ? [] : [name];
    return [name];
  });
}

class Log {
  readonly units = new Map<string, SavedUnit>();

  add({ layout }: StateSnapshot, unit: UnitCopy): void {
    this.units.delete(unit.name);
    this.units.set(unit.name, { ...unit, columns: layout.columns });
  }

  /** The state that a restore gives. */
  restored({ layout }: StateSnapshot): ReadingProcessor {
    const { processor } = goldenProcessor(codec);
    const loader = processor.load(layout, [layout.columns]);
    for (const unit of this.units.values()) loader.load(unit);
    return processor;
  }
}

describe('the state of all stages', () => {
  it(
    'does not change where nobody has said so',
    async () => {
      const chance = randomFrom(SEED);
      const { processor, fold, shifts } = shifting();
      let before = sums(processor);
      let rows = 0;
      let next = 0;
      let looks = 0;
      for (const [at, record] of input.entries()) {
        await fold(record);
        // Slots that are new hold what a restore gives them anyway.
        if (processor.state.rows > rows) {
          rows = processor.state.rows;
          drained(processor.snapshot());
          before = sums(processor);
        }
        if (at < next) continue;
        // Often while things go wrong, now and then before.
        next = at + 1 + Math.floor(chance() * (record.appendedAtMs < LIVE_FROM_MS ? 400 : 60));
        const after = sums(processor);
        const marked = drained(processor.snapshot());
        expect({ at, unmarked: unmarked(before, after, marked) }).toEqual({ at, unmarked: [] });
        before = after;
        looks += 1;
      }
      expect(looks).toBeGreaterThan(100);
      expect(shifts.count).toBeGreaterThan(2);
    },
    TIMEOUT_MS,
  );

  it.each([1])(
    'is in the log as it was at the instant of each snapshot, however that is copied (seed %i)',
    async (seed) => {
      const chance = randomFrom(seed);
      const { processor, fold, shifts } = shifting();
      const log = new Log();
      let snapshot: StateSnapshot | undefined;
      let expected = sums(processor);
      let compared = 0;
      for (const record of input) {
        await fold(record);
        if (snapshot === undefined) {
          if (chance() > 0.004) continue;
          expected = sums(processor);
          snapshot = processor.snapshot();
          snapshot.include([...expected.keys()].filter(() => chance() < 0.02));
        } else if (chance() < 0.3) {
          for (let units = 12 * chance(); units > 0; units -= 1) {
            const unit = snapshot.next();
            if (unit !== undefined) log.add(snapshot, unit);
          }
          if (snapshot.left > 0) continue;
          expect(sums(log.restored(snapshot))).toEqual(expected);
          const positions = new Map(Array.from(log.units.keys(), (name, position) => [name, position]));
          for (const name of snapshot.obsolete(positions)) log.units.delete(name);
          snapshot = undefined;
          compared += 1;
        }
      }
      expect(compared).toBeGreaterThan(5);
      expect(shifts.count).toBeGreaterThan(2);
    },
    TIMEOUT_MS,
  );

  it('is caught when a stage writes a cell without a word', async () => {
    const { processor, fold } = goldenProcessor(codec);
    for (const record of input.slice(0, 2_000)) await fold(record);
    drained(processor.snapshot());
    const before = sums(processor);
    const [, { column }] = [...processor.state.columns()].find(([name]) =>
      name.startsWith('baseline.week_mean'),
    )!;
    column.segments[0]![3] = 12_345;
    expect(unmarked(before, sums(processor), drained(processor.snapshot())).length).toBeGreaterThan(0);
  });
});
