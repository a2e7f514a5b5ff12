/** Kinds that are told of metrics by name: of one that no file has, somebody has to hear. */
import { ConfigError } from '../../model/errors.ts';
import { listed } from './row-texts.ts';
import type { SampleKind } from './sample.ts';

/** `metrics`: all that the files have. @throws ConfigError naming them, for a kind of another metric. */
export function refuseUnknownMetrics(
  kinds: ReadonlyMap<string, SampleKind>,
  metrics: ReadonlySet<string>,
): void {
  const unknown = [...kinds].filter(([metric]) => metric !== '' && !metrics.has(metric));
  const [first] = unknown;
  if (first === undefined) return;
  throw new ConfigError(
    `no file has a metric "${first[0]}" for --kind ${first.join('=')}: there are ${listed([...metrics])}`,
  );
}
