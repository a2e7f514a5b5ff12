/** A credential on its way to another process of the bench: keys of simulated switches are no secrets. */
import { Secret, type SnmpCredential } from '../../../pipeline/model/secret.ts';

export interface PlainCredential {
  readonly credential: SnmpCredential;
  /** What JSON leaves out of it. */
  readonly secrets: readonly (readonly [key: string, value: string])[];
}

export function plainCredential(credential: SnmpCredential): PlainCredential {
  const secrets = Object.entries(credential).flatMap(([key, value]: [string, unknown]) =>
    value instanceof Secret ? [[key, value.reveal()] as const] : [],
  );
  return { credential, secrets };
}

/** The credential again. */
export function credentialOf({ credential, secrets }: PlainCredential): SnmpCredential {
  return { ...credential, ...Object.fromEntries(secrets.map(([key, value]) => [key, new Secret(value)])) };
}
