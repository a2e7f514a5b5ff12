/** The file that a page goes to: known to be writable before anything is read, and whole or not there. */
import {
  accessSync,
  constants,
  fstatSync,
  lstatSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type BigIntStats,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConfigError } from '../../../model/errors.ts';
import { STANDARD_INPUT } from '../../input/file-chunks.ts';

export interface PlotFile {
  readonly path: string;
  write(page: string): void;
}

/** As many as Linux follows. */
const MOST_LINKS = 40;
const STANDARD_INPUT_FD = 0;

/**
 * `inputs`: files that are read. A link is followed, and stays one.
 * @throws ConfigError when nothing can be written there, it is one of the inputs under whatever name, or no plain file.
 */
export function plotFile(path: string, inputs: readonly string[]): PlotFile {
  let target: string;
  let found: BigIntStats | undefined;
  try {
    target = targetOf(path);
    found = statSync(target, { throwIfNoEntry: false, bigint: true });
    accessSync(dirname(target), constants.W_OK);
    if (found?.isFile() === true) accessSync(target, constants.W_OK);
  } catch (cause) {
    throw new ConfigError(`--plot ${path} cannot be written`, { cause });
  }
  // Before the kind: standard input may be a pipe that is named here.
  if (inputs.some((input) => isSame(input, target, found)))
    throw new ConfigError(`--plot ${path} would overwrite a file that is to be read`);
  if (found !== undefined && !found.isFile())
    throw new ConfigError(
      `--plot ${path} is ${found.isDirectory() ? 'a folder' : 'no plain file'}: name a file`,
    );
  return {
    path,
    write(page) {
      // A name of its own: what is there already is somebody's.
      const unfinished = `${target}.${process.pid}.part`;
      let isOurs = false;
      try {
        writeFileSync(unfinished, '', { flag: 'wx' });
        isOurs = true;
        writeFileSync(unfinished, page);
        renameSync(unfinished, target);
      } catch (cause) {
        if (isOurs) rmSync(unfinished, { force: true });
        throw new ConfigError(`--plot ${path} cannot be written`, { cause });
      }
    },
  };
}

/** What a chain of links ends at, whether it is there or not. */
function targetOf(path: string): string {
  let target = resolve(path);
  for (let links = 0; links < MOST_LINKS; links += 1) {
    if (lstatSync(target, { throwIfNoEntry: false, bigint: true })?.isSymbolicLink() !== true) return target;
    target = resolve(dirname(target), readlinkSync(target));
  }
  throw new Error('too many links');
}

function isSame(input: string, target: string, found: BigIntStats | undefined): boolean {
  if (input !== STANDARD_INPUT && resolve(input) === target) return true;
  const read = statsOf(input);
  return found !== undefined && read?.dev === found.dev && read.ino === found.ino;
}

/** Undefined for what cannot be looked at: whoever reads it says so. */
function statsOf(input: string): BigIntStats | undefined {
  try {
    return input === STANDARD_INPUT
      ? fstatSync(STANDARD_INPUT_FD, { bigint: true })
      : statSync(input, { bigint: true });
  } catch {
    return undefined;
  }
}
