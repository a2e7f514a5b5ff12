/**
 * A process of its own that folds polls in steady state and prints what each left on V8's heap, as JSON: a process
 * without Jest's contexts, in which V8 optimises what it optimises in production.
 *
 *   node test/bench/allocation-run.ts ROWS_PER_ENTITY
 */
import { entityTopology } from '../../pipeline/topology.ts';
import { catalogue } from '../../topics/catalogue.ts';
import { STAGE_DEFAULTS } from '../support/topology-driver.ts';
import { garbageCollector } from './collect-garbage.ts';
import { foldedLoad, WARM_POLLS } from './folded-load.ts';

const ENTITIES = 4;
/** Six hours: V8 takes its time to optimise all of it, and each hour's turn publishes cells. */
const POLLS = 72;

/** Of one poll of all entities. */
export interface PollAllocation {
  readonly bytes: number;
  readonly sent: number;
  /** What the measurement shows of an object of one field for each row. */
  readonly bytesOfRowObjects: number;
}

export interface AllocationRun {
  readonly entities: number;
  readonly rowsPerEntity: number;
  readonly refused: number;
  readonly polls: readonly PollAllocation[];
}

const collect = garbageCollector();
process.stdout.write(JSON.stringify(await allocationRun(Number(process.argv[2]))));

async function allocationRun(rowsPerEntity: number): Promise<AllocationRun> {
  // No anomalies: what is measured is what every poll costs.
  const detect = { ...STAGE_DEFAULTS.detect, minConfidence: 1 };
  const topology = entityTopology(catalogue, { ...STAGE_DEFAULTS, detect });
  const load = await foldedLoad(topology, { seed: 20_261_121, entities: ENTITIES, rowsPerEntity });
  for (let poll = 0; poll < WARM_POLLS; poll += 1) load.fold(await load.next(1));
  const polls: PollAllocation[] = [];
  for (let poll = 0; poll < POLLS; poll += 1) {
    const records = await load.next(1);
    const { sent } = load.counts;
    collect();
    const bytes = heapGrowth(() => load.fold(records));
    const objects: { value: number }[] = [];
    const bytesOfRowObjects = heapGrowth(() => {
      for (let row = 0; row < ENTITIES * rowsPerEntity; row += 1) objects.push({ value: row });
    });
    polls.push({ bytes, sent: load.counts.sent - sent, bytesOfRowObjects });
  }
  return { entities: ENTITIES, rowsPerEntity, refused: load.counts.refused, polls };
}

/** Bytes that `work` adds to the heap; negative when a collection came in between. */
function heapGrowth(work: () => void): number {
  const before = process.memoryUsage().heapUsed;
  work();
  return process.memoryUsage().heapUsed - before;
}
