/** `node test/services/docker/stand-ins.ts`: builds the stand-in images (build-stand-ins.sh) under the names of versions.ts. */
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFINITIONS } from '../definitions.ts';
import { toStderr } from '../service.ts';
import { IMAGES } from '../versions.ts';

const { kafka, registry, timescale } = DEFINITIONS;
const folders = await Promise.all([
  kafka.prepare(toStderr),
  registry.prepare(toStderr),
  // bin/ of PostgreSQL lies four folders below the root of the unpacked packages.
  timescale.prepare(toStderr).then((home) => resolve(home, '../../../..')),
]);
execFileSync(
  'sh',
  [
    fileURLToPath(new URL('build-stand-ins.sh', import.meta.url)),
    ...folders,
    IMAGES.kafka,
    IMAGES.registry,
    IMAGES.timescale,
  ],
  { stdio: 'inherit' },
);
