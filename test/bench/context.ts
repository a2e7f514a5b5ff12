/** The services and folders of one run of benches, ended with it. */
import { rm } from 'node:fs/promises';
import { ConfigError } from '../../pipeline/model/errors.ts';
import { unprivilegedUser } from '../../pipeline/db/unprivileged-user.ts';
import { runFolder } from '../services/folders.ts';
import { kafkaService } from '../services/kafka.ts';
import type { BenchContext } from './bench.ts';

export interface RunContext extends BenchContext {
  /** Ends what was started; safe twice. */
  end(): Promise<void>;
}

export function runContext(progress: (line: string) => void): RunContext {
  const cleanups: (() => Promise<void>)[] = [];
  const onEnd = (cleanup: () => Promise<void>): void => void cleanups.push(cleanup);
  const kafka = once(async () => {
    const service = await kafkaService();
    if (service.kind === 'missing') throw new ConfigError(`the bench needs a Kafka: ${service.reason}`);
    onEnd(() => service.stop());
    return service.address;
  });
  const folder = once(async () => {
    const made = await runFolder('bench', unprivilegedUser());
    onEnd(() => rm(made, { recursive: true, force: true }));
    return made;
  });
  return {
    progress,
    onEnd,
    kafka,
    folder,
    async end() {
      for (const cleanup of cleanups.splice(0).reverse()) {
        await cleanup().catch((error: unknown) => progress(`not ended: ${(error as Error).message}`));
      }
    },
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
