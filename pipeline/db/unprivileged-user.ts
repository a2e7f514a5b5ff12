/** The user that PostgreSQL runs as. */
import { readFileSync } from 'node:fs';
import { ConfigError } from '../model/errors.ts';

/** Another user to run a program as. */
export interface RunAs {
  readonly user: string;
  readonly uid: number;
  readonly gid: number;
}

/** undefined = the user that runs netsigma; PostgreSQL refuses to run as root. @throws ConfigError when root has nobody to run it as. */
export function unprivilegedUser(): RunAs | undefined {
  if (process.getuid === undefined) {
    throw new ConfigError(
      'embedded PostgreSQL needs a POSIX system: set database.url to a server of your own',
    );
  }
  if (process.getuid() !== 0) return undefined;
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const user of ['postgres', 'nobody']) {
    const account = accounts.find(([name]) => name === user);
    if (account !== undefined) return { user, uid: Number(account[2]), gid: Number(account[3]) };
  }
  throw new ConfigError(
    'PostgreSQL refuses to run as root and there is no user "postgres" or "nobody": run netsigma as another user, ' +
      'or set database.url to a server of your own',
  );
}
