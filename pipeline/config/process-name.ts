/** A name that tells a process from all others, also from the one that ran on its host before it. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';

/** The host's name and four hexadecimal digits, such as core1-3fa9. Not the process id: in a container that is always 1. */
export function processName(): string {
  return `${hostname()}-${randomBytes(2).toString('hex')}`;
}
