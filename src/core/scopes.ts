/** What a staff token may do: `noun:verb`. A write does not imply the read. */
export const SCOPES = [
  'customers:read',
  'customers:write',
  'duplicates:write',
  'identity_providers:read',
  'identity_providers:write',
  'merge:read',
  'merge:write',
  'orders:read',
  'orders:write',
  'multipass:read',
  'multipass:write',
  'sessions:write',
  'settings:write',
  'oidc_clients:read',
  'oidc_clients:write',
  'privacy:read',
  'privacy:write',
  'shop:write',
  'staff:read',
  'staff:write',
  'store_credit:approve',
  'store_credit:read',
  'store_credit:write',
] as const;

export type Scope = (typeof SCOPES)[number];

export const isScope = (text: string): text is Scope => (SCOPES as readonly string[]).includes(text);
