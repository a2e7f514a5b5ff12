/** What varies from poll to poll: octets a second around a mean that follows the season. */
import type { Chance } from './chance.ts';

/** The rate of a poll of `seconds` whose expected rate is `mean`; never below 0. */
export type Noise = (mean: number, seconds: number) => number;

/** `level`: mean over all hours. */
type NoiseOf = (chance: Chance, level: number) => Noise;

export const NOISES = {
  gaussian: (chance) => {
    const deviation = chance.between(0.03, 0.12);
    return (mean) => Math.max(0, mean * (1 + deviation * chance.normal()));
  },
  'heavy-tailed': (chance) => {
    const deviation = chance.between(0.02, 0.08);
    return (mean) => Math.max(0, mean * (1 + deviation * chance.studentT3()));
  },
  bursty,
  idle,
  quantised: (chance, level) => {
    // As many equal streams as there are: phone calls, cameras.
    const step = level / chance.between(3, 20);
    const deviation = chance.between(0.03, 0.12);
    return (mean) => step * Math.max(0, Math.round((mean * (1 + deviation * chance.normal())) / step));
  },
  'zero-inflated': (chance) => {
    const [busy, sigma] = [chance.spread(0.02, 0.3), chance.between(0.5, 1.2)];
    return (mean) => (chance.is(busy) ? mean * chance.lognormal(sigma) : 0);
  },
  autocorrelated: (chance) => {
    const sigma = chance.between(0.05, 0.2);
    const own = Math.sqrt(1 - 0.9 ** 2);
    let x = chance.normal();
    return (mean) => {
      x = 0.9 * x + own * chance.normal();
      return mean * Math.exp(sigma * x);
    };
  },
} as const satisfies Record<string, NoiseOf>;

export type NoiseKind = keyof typeof NOISES;

/** On and off for minutes to an hour; each burst has a height of its own. */
function bursty(chance: Chance): Noise {
  const [onS, offS] = [chance.spread(120, 1_800), chance.spread(300, 3_600)];
  const sigma = chance.between(0.3, 0.8);
  const still = chance.between(0.05, 0.3);
  let isOn = false;
  let height = 1;
  return (mean, seconds) => {
    const wasOn = isOn;
    if (chance.is(1 - Math.exp(-seconds / (isOn ? onS : offS)))) {
      isOn = !isOn;
      if (isOn) height = chance.lognormal(sigma);
    }
    const quiet = still * mean * (1 + 0.1 * chance.normal());
    // A poll in which it turned saw some of the burst.
    const share = wasOn === isOn ? Number(isOn) : chance.uniform();
    return Math.max(0, quiet + share * height * mean);
  };
}

/** A few packets a minute, as a port with nothing but its neighbour's chatter counts them. */
function idle(chance: Chance, level: number): Noise {
  const packetsPerS = chance.spread(0.3, 10) / 60;
  const [small, large] = [chance.between(60, 90), chance.between(200, 400)];
  return (mean, seconds) => {
    const packets = chance.poisson((packetsPerS * seconds * mean) / level);
    let octets = 0;
    for (let packet = 0; packet < packets; packet += 1) octets += Math.round(chance.is(0.8) ? small : large);
    return octets / seconds;
  };
}
