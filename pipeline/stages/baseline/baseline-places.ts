/**
 * Where rows are: the clock that their seasons follow, and whether that has changed since their cells were learned. Another
 * site is another place, of which nothing is known; another zone of the same site (or of no site) means that the hours of
 * the cells are not what they were. A reading whose site is unknown, because the inventory has lost it for a while,
 * keeps to the last known one: a gap in an inventory must not cost weeks of learning.
 */
import { textHash, type Reading } from '../../model/reading.ts';
import type { StateColumn } from '../../model/state.ts';
import type { WallClock } from '../../model/wall-clock.ts';
import { SiteClocks } from '../site-clocks.ts';
import type { ObjectState, StageContext, StageOutput } from '../stage.ts';

export type Move = 'none' | 'zone' | 'site';

/** Hash of the zone in which the row was learned; 0 before its first poll. */
const ZONE = { name: 'zone', type: 'u32', scope: 'row', group: 'hot' } as const;
/** NaN while no site was known. */
const SITE = { name: 'site', type: 'f64', scope: 'row', group: 'hot', initial: Number.NaN } as const;
/** The same of the entity's totals. */
const TOTALS_ZONE = { ...ZONE, name: 'totals_zone', scope: 'entity' } as const;
const TOTALS_SITE = { ...SITE, name: 'totals_site', scope: 'entity' } as const;

export const PLACE_COLUMNS = [ZONE, SITE, TOTALS_ZONE, TOTALS_SITE] as const;

/** The last site that an inventory named. */
interface KnownSite {
  readonly siteId: number;
  readonly timeZone: string;
}

export class BaselinePlaces {
  readonly #rows: PlaceColumns;
  readonly #totals: PlaceColumns;
  readonly #sites: ObjectState<KnownSite>;
  /** Derived: clocks by zone. */
  readonly #clocks = new SiteClocks();
  /** Of the reading that was placed. */
  #zone = 0;
  #site = Number.NaN;

  constructor(context: StageContext) {
    this.#rows = { zone: context.column(ZONE), site: context.column(SITE) };
    this.#totals = { zone: context.column(TOTALS_ZONE), site: context.column(TOTALS_SITE) };
    this.#sites = context.objects('sites');
  }

  /** The clock of the reading's site. `moveOf` and `moveOfTotals` are about this reading from here on. */
  place(reading: Reading, out: StageOutput): WallClock {
    const { entity, siteId, siteName } = reading;
    const known = this.#sites.get(entity);
    let { timeZone } = reading;
    this.#site = siteId;
    if (siteName !== null) {
      if (known?.siteId !== siteId || known.timeZone !== timeZone)
        this.#sites.set(entity, { siteId, timeZone });
    } else if (known !== undefined && (Number.isNaN(siteId) || siteId === known.siteId)) {
      timeZone = known.timeZone;
      this.#site = known.siteId;
    }
    this.#zone = textHash(timeZone);
    return this.#clock(timeZone, out);
  }

  /** How the row has moved since its last poll; asked once a poll. */
  moveOf(slot: number): Move {
    return this.#move(this.#rows, slot);
  }

  /** The same of the entity's totals. */
  moveOfTotals(entitySlot: number): Move {
    return this.#move(this.#totals, entitySlot);
  }

  #move({ zone, site }: PlaceColumns, slot: number): Move {
    const zoneBefore = zone.get(slot);
    const siteBefore = site.get(slot);
    const siteIsKnown = !Number.isNaN(this.#site);
    if (zoneBefore === this.#zone && (siteBefore === this.#site || !siteIsKnown)) return 'none';
    zone.set(slot, this.#zone);
    if (siteIsKnown) site.set(slot, this.#site);
    if (siteIsKnown && !Number.isNaN(siteBefore) && siteBefore !== this.#site) return 'site';
    return zoneBefore !== 0 && zoneBefore !== this.#zone ? 'zone' : 'none';
  }

  #clock(timeZone: string, out: StageOutput): WallClock {
    const clock = this.#clocks.of(timeZone);
    if (clock.timeZone !== timeZone) out.count('baseline', 'unknown_time_zone');
    return clock;
  }
}

interface PlaceColumns {
  readonly zone: StateColumn<'u32'>;
  readonly site: StateColumn<'f64'>;
}
