/** What a staff token may do: `noun:verb`. A write does not imply the read. */
export const SCOPES = [
  'customers:read',
  'customers:write',
  'sessions:write',
  'staff:read',
  'staff:write',
  'store_credit:read',
  'store_credit:write',
] as const;

export type Scope = (typeof SCOPES)[number];

export const isScope = (text: string): text is Scope => (SCOPES as readonly string[]).includes(text);
