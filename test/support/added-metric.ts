/** A metric that the catalogue does not have, added by its rows alone: ifInUnknownProtos and its rate. */
import { catalogue, withFields } from '../../topics/catalogue.ts';

export const UNKNOWN_PROTOS_OID = '1.3.6.1.2.1.2.2.1.15';

const raw = {
  name: 'in_unknown_protos',
  type: 'long',
  kind: 'counter',
  unit: '{packet}',
  width: 32,
  doc: 'ifInUnknownProtos.',
} as const;

const metric = {
  name: 'rx_unknown_protos_rate',
  type: 'double',
  kind: 'gauge',
  unit: '{packet}/s',
  derive: { kind: 'rate', of: ['in_unknown_protos'], factor: 1 },
  baseline: true,
  quantum: 1,
  aggregate: 'sum',
  doc: 'Packets of unknown protocols per second.',
} as const;

export const catalogueWithUnknownProtos = withFields(
  withFields(catalogue, 'raw.interface', [raw]),
  'metric.interface',
  [metric],
);
