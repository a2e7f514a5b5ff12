/**
 * `features`: what models learn from, out of the columns of the stages before: a record of ml.feature for each closed
 * window of an entity, one hour in UTC, packed. A window closes when the entity's next record is of a later hour; that
 * of an entity that says no more is closed at a tick of its own, so that nothing is done for all at a full hour. What
 * comes for a window that is closed is left out and counted (`late`): `rate` takes no reading that is older than the
 * last, so it can only be one that was silent for longer than the grace.
 */
import type { Reading } from '../../model/reading.ts';
import type { StateColumn } from '../../model/state.ts';
import { hourOfWeek, wallHour } from '../../model/wall-clock.ts';
import type { AnomalyRecord } from '../../../topics/anomaly.ts';
import { TICK_MS } from '../../../topics/catalogue.ts';
import { HOURS } from '../../../topics/row.ts';
import type { Stage, StageContext, StageDefinition, StageOutput } from '../stage.ts';
import { SiteClocks } from '../site-clocks.ts';
import { ActiveAnomalies } from './active-anomalies.ts';
import { clearRow, featureRow } from './feature-record.ts';
import type { FeatureSettings } from './feature-settings.ts';
import { FEATURE_VERSION } from './feature-version.ts';
import { RowPolls } from './row-polls.ts';
import { SeriesWindow } from './series-window.ts';
import { READINGS_COLUMN, WINDOW_COLUMN, windowColumns } from './window-columns.ts';
import { rowsOf, WindowPlaces, type WindowPlace } from './window-places.ts';

const VERSION = 1;
/** A series is at most 100 bytes in Avro; the topic's records end at 1 MB. */
const MAX_SERIES_A_RECORD = 5_000;

export interface FeatureStageSettings extends Pick<FeatureSettings, 'graceMs' | 'spreadMs'> {
  /** As detect has it. */
  readonly warnSigma: number;
}

export function features(metrics: readonly string[], settings: FeatureStageSettings): StageDefinition {
  return {
    name: 'features',
    version: VERSION,
    settings: { ...settings, featureVersion: FEATURE_VERSION },
    columns: windowColumns(metrics),
    init: (context) => new Features(context, metrics, settings),
  };
}

class Features implements Stage {
  readonly #settings: FeatureStageSettings;
  readonly #rows: RowPolls;
  readonly #series: readonly SeriesWindow[];
  readonly #places: WindowPlaces;
  readonly #anomalies: ActiveAnomalies;
  readonly #window: StateColumn<'u32'>;
  readonly #readings: StateColumn<'u16'>;
  readonly #maxRows: number;
  readonly #spreadTicks: number;
  /** Derived: clocks by zone. */
  readonly #clocks = new SiteClocks();

  constructor(context: StageContext, metrics: readonly string[], settings: FeatureStageSettings) {
    this.#settings = settings;
    this.#rows = new RowPolls(context);
    this.#series = metrics.map((metric) => new SeriesWindow(context, metric, this.#rows, settings.warnSigma));
    this.#places = new WindowPlaces(context);
    this.#anomalies = new ActiveAnomalies(context);
    this.#window = context.column(WINDOW_COLUMN);
    this.#readings = context.column(READINGS_COLUMN);
    this.#maxRows = Math.max(1, Math.floor(MAX_SERIES_A_RECORD / Math.max(1, metrics.length)));
    this.#spreadTicks = Math.max(1, Math.round(settings.spreadMs / TICK_MS));
  }

  process(reading: Reading, out: StageOutput): boolean {
    const { entitySlot, observedAtMs } = reading;
    const hour = Math.floor(observedAtMs / HOURS);
    const open = this.#window.get(entitySlot);
    if (hour < open) {
      out.count('features', 'late');
      return true;
    }
    if (hour > open) {
      // Before the reading's rows are taken in: the window is of those that were there.
      const place = this.#places.all()[entitySlot];
      if (place !== undefined) this.#close(place, out);
      this.#window.set(entitySlot, hour);
    }
    this.#places.follow(reading);
    const readings = this.#readings.get(entitySlot);
    if (readings < 65_535) this.#readings.set(entitySlot, readings + 1);
    this.#rows.hours = observedAtMs / HOURS - hour;
    this.#rows.count(reading);
    for (const series of this.#series) series.fold(reading);
    this.#rows.countTimes(reading);
    return true;
  }

  anomaly(record: AnomalyRecord): void {
    this.#anomalies.keep(record);
  }

  punctuate(tickMs: number, entityTimeMs: (entity: string) => number, out: StageOutput): void {
    const tick = tickMs / TICK_MS;
    const places = this.#places.all();
    for (let slot = 0; slot < places.length; slot += 1) {
      const place = places[slot];
      if (place === undefined || (tick + place.hash) % this.#spreadTicks !== 0) continue;
      if (this.#readings.get(slot) === 0) continue;
      const open = this.#window.get(slot);
      if (entityTimeMs(place.identity.entity) < (open + 1) * HOURS + this.#settings.graceMs) continue;
      this.#close(place, out);
      this.#window.set(slot, open + 1);
    }
  }

  /** Sends the open window and empties it. */
  #close(place: WindowPlace, out: StageOutput): void {
    if (this.#readings.get(place.entitySlot) === 0) return;
    this.#readings.set(place.entitySlot, 0);
    const startMs = this.#window.get(place.entitySlot) * HOURS;
    const endMs = startMs + HOURS;
    const anomalies = this.#anomalies.ofWindow(place.identity.entity, startMs, endMs);
    const all = [...rowsOf(place)].flatMap(([slot, instance]) => {
      const row = featureRow(slot, instance, this.#rows, this.#series);
      if (row !== undefined) clearRow(slot, this.#rows, this.#series);
      return row ?? [];
    });
    for (let from = 0; from < all.length; from += this.#maxRows) {
      const rows = all.slice(from, from + this.#maxRows);
      const names = new Set(rows.map(({ interface_name: name }) => name));
      out.features({
        snapshot_type: 'features',
        feature_version: FEATURE_VERSION,
        ...place.identity,
        device_role: place.deviceRole,
        window_start: startMs,
        window_end: endMs,
        hour_of_week: hourOfWeek(wallHour(this.#clocks.of(place.timeZone), startMs)),
        rows,
        anomalies: anomalies.filter(({ interface_name: name }) =>
          name === null ? from === 0 : names.has(name),
        ),
      });
    }
    this.#places.forgetLeft(place);
  }
}
