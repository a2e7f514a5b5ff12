/** What a test gets when it asks for a service. */
import { hasProgram } from '../support/has-program.ts';

export type Service =
  | {
      readonly kind: 'running';
      readonly address: string;
      /** Ends what was started for the caller alone; a service shared by the test run stays. Safe twice. */
      stop(): Promise<void>;
    }
  | Missing;

export interface Missing {
  readonly kind: 'missing';
  /** What is not there and what to install. */
  readonly reason: string;
}

/** Told what takes its time: downloads, and ways that were tried in vain. */
export type Progress = (line: string) => void;

/** A started server, of either kind. */
export interface Started {
  readonly address: string;
  stop(): Promise<void>;
}

export interface StartOptions {
  /** On 127.0.0.1; a free one unless told. */
  readonly port?: number;
  readonly progress: Progress;
}

/** Progress that a person sees while tests run. */
export const toStderr: Progress = (line) => void process.stderr.write(`services: ${line}\n`);

/** For `describeIf`: why something is missing, or nothing. */
export function reasonOf(of: { readonly kind: string } | Missing): string {
  return 'reason' in of ? of.reason : '';
}

/** The first of these programs that is not on PATH, as a reason. */
export function missingProgram(programs: Readonly<Record<string, string>>): Missing | undefined {
  for (const [program, debianPackage] of Object.entries(programs)) {
    if (hasProgram(program)) continue;
    return {
      kind: 'missing',
      reason: `there is no program "${program}" (on Debian: apt-get install ${debianPackage})`,
    };
  }
  return undefined;
}
