/** How busy an hour is: a factor around 1 by the site's wall clock. Each series has a season of its own. */
import type { Chance } from './chance.ts';

/** `localMs`: what the site's clocks show, as if they were UTC. */
export type Season = (localMs: number) => number;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export const SEASONALITIES = {
  none: () => () => 1,
  daily,
  weekly,
  'daily+weekly': (chance) => {
    const [day, week] = [daily(chance), weekly(chance)];
    return (localMs) => day(localMs) * week(localMs);
  },
  'business-hours': businessHours,
} as const satisfies Record<string, (chance: Chance) => Season>;

export type Seasonality = keyof typeof SEASONALITIES;

function daily(chance: Chance): Season {
  const [peak, second] = [chance.between(12, 22), chance.between(0, 12)];
  const [first, other] = [chance.between(0.35, 0.7), chance.between(0.05, 0.2)];
  return (localMs) => {
    const hour = hourOf(localMs);
    const turn = (at: number, turns: number): number => Math.cos((2 * Math.PI * turns * (hour - at)) / 24);
    return Math.max(0.05, 1 + first * turn(peak, 1) + other * turn(second, 2));
  };
}

/** Weekends are quieter; Friday night fades into Saturday within two hours. */
function weekly(chance: Chance): Season {
  const weekend = chance.between(0.3, 0.65);
  return (localMs) => weekend + (1 - weekend) * workingDay(localMs);
}

/** Nothing much but within working hours, with a dip at noon. */
function businessHours(chance: Chance): Season {
  const [opens, closes] = [chance.between(7, 9), chance.between(16.5, 19)];
  const [night, rampHours, noon] = [
    chance.between(0.05, 0.12),
    chance.between(0.4, 1.2),
    chance.between(0.05, 0.25),
  ];
  return (localMs) => {
    if (weekday(localMs) > 4) return night;
    const hour = hourOf(localMs);
    const open = Math.min(ramp((hour - opens) / rampHours), ramp((closes - hour) / rampHours));
    const lunch = noon * Math.exp(-(((hour - 12.5) / 0.6) ** 2));
    return night + (1 - night) * open * (1 - lunch);
  };
}

const ramp = (x: number): number => Math.min(1, Math.max(0, x));

/** 1 from Monday to Friday, 0 at weekends. */
function workingDay(localMs: number): number {
  const hours = weekday(localMs) * 24 + hourOf(localMs);
  return Math.max(ramp((5 * 24 + 1 - hours) / 2), ramp((hours - 7 * 24 + 1) / 2));
}

function hourOf(localMs: number): number {
  return (localMs % DAY_MS) / HOUR_MS;
}

/** 0 = Monday; 1970 began on a Thursday. */
function weekday(localMs: number): number {
  return (Math.floor(localMs / DAY_MS) + 3) % 7;
}
