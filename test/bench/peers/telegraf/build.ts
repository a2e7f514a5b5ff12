/** Telegraf from its sources with only the plugins that are compared: 27 MB, a minute on two cores, once. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached, cachePath } from '../../../services/folders.ts';
import { missingProgram, toStderr, type Missing } from '../../../services/service.ts';

const run = promisify(execFile);

const VERSION = '1.36.4';
const PLUGINS = ['inputs.snmp', 'outputs.kafka', 'serializers.influx', 'serializers.json'];
const NAME = `telegraf-${VERSION}`;

/** Its program, or why there is none. */
export async function telegraf(): Promise<{ readonly kind: 'ready'; readonly program: string } | Missing> {
  if (!existsSync(cachePath(NAME))) {
    const missing = missingProgram({ go: 'golang-go' });
    if (missing !== undefined) return missing;
  }
  try {
    return { kind: 'ready', program: join(await cached(NAME, build), 'telegraf') };
  } catch (error) {
    return { kind: 'missing', reason: `Telegraf ${VERSION} was not built: ${(error as Error).message}` };
  }
}

async function build(folder: string): Promise<void> {
  toStderr(`building Telegraf ${VERSION} (once)`);
  const flags = ['-trimpath', '-ldflags', '-s -w', '-tags', ['custom', ...PLUGINS].join(',')];
  await run('go', ['install', ...flags, `github.com/influxdata/telegraf/cmd/telegraf@v${VERSION}`], {
    env: { ...process.env, GOBIN: folder, GOFLAGS: '-modcacherw' },
  });
}
