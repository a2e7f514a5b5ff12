/** What a total is about: a site, a role, the network of a domain. And its state, but for the columns of its series. */
import type { WindowSummary } from '../../../topics/domain.ts';
import type { BaselineScope } from '../../../topics/insight.ts';
import type { OpenWindow } from './open-window.ts';

export type ScopeType = Extract<BaselineScope, 'site' | 'device_role' | 'network'>;

export interface ScopeIdentity {
  readonly type: ScopeType;
  /** Of its records: `<domain>/<type>/<id>`. */
  readonly key: string;
  readonly domain: string;
  readonly siteId: number | null;
  readonly deviceRole: string | null;
}

/** Structured-cloneable: it lies in the state. */
export interface Scope extends ScopeIdentity {
  readonly slot: number;
  /** Its days and weeks are of this IANA zone; null while nobody said one. */
  zone: string | null;
  /** By number. */
  readonly windows: Map<number, OpenWindow>;
  /** The first of them; Infinity where there is none. */
  oldest: number;
  /** The last window that was closed; -1 before the first. */
  closed: number;
  /** Start of the first window that was learned from; NaN before. */
  sinceMs: number;
}

/** Who gets what an entity reports. */
export function scopesOf({ domain, site_id: siteId, device_role: role }: WindowSummary): ScopeIdentity[] {
  const scopes: ScopeIdentity[] = [
    { type: 'network', key: `${domain}/network/${domain}`, domain, siteId: null, deviceRole: null },
  ];
  if (siteId !== null)
    scopes.push({ type: 'site', key: `${domain}/site/${siteId}`, domain, siteId, deviceRole: null });
  if (role !== null)
    scopes.push({
      type: 'device_role',
      key: `${domain}/device_role/${role}`,
      domain,
      siteId: null,
      deviceRole: role,
    });
  return scopes;
}

export function newScope(identity: ScopeIdentity, slot: number): Scope {
  return {
    ...identity,
    slot,
    zone: null,
    windows: new Map(),
    oldest: Infinity,
    closed: -1,
    sinceMs: Number.NaN,
  };
}

/**
 * The zone that a scope's days are of, after a window whose entities said `said` (null: nobody, or not the same). A site
 * follows the inventory. Roles and the network have the zone that all of their sites share; from the first window on in
 * which they do not, UTC.
 */
export function zoneAfter({ type, zone }: Scope, { said, isMixed }: SaidZone): string | null {
  if (type === 'site') return said ?? zone;
  if (isMixed) return 'UTC';
  if (said === null || zone === null) return said ?? zone;
  return said === zone ? zone : 'UTC';
}

export interface SaidZone {
  readonly said: string | null;
  /** At least two zones were said. */
  readonly isMixed: boolean;
}
