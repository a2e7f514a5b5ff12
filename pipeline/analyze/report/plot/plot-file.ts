/** The file that a page goes to: known to be writable before anything is read, and whole or not there. */
import { accessSync, constants, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConfigError } from '../../../model/errors.ts';

export interface PlotFile {
  readonly path: string;
  write(page: string): void;
}

/** `inputs`: files that are read. @throws ConfigError when nothing can be written there, or it is one of them. */
export function plotFile(path: string, inputs: readonly string[]): PlotFile {
  if (inputs.some((input) => resolve(input) === resolve(path)))
    throw new ConfigError(`--plot ${path} would overwrite a file that is to be read`);
  try {
    accessSync(dirname(resolve(path)), constants.W_OK);
  } catch (cause) {
    throw new ConfigError(`--plot ${path} cannot be written`, { cause });
  }
  return {
    path,
    write(page) {
      const unfinished = `${path}.part`;
      try {
        writeFileSync(unfinished, page);
        renameSync(unfinished, path);
      } catch (cause) {
        rmSync(unfinished, { force: true });
        throw new ConfigError(`--plot ${path} cannot be written`, { cause });
      }
    },
  };
}
