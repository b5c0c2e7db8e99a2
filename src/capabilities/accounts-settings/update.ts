import { DomainError } from '../../core/errors.ts';
import type { SqlTx } from '../../db/transact.ts';
import { ACCOUNTS_SETTING, type AccountsSettings, settingsFrom } from './settings.ts';

export type AccountsSettingsInput = { readonly [Field in keyof AccountsSettings]?: AccountsSettings[Field] | null };

// The row is there, and this transaction's, before it is read: two who change different fields at once both do.
const HOLD = `
insert into setting (name, value) values ('${ACCOUNTS_SETTING}', '{}'::jsonb)
on conflict (name) do update set value = setting.value returning value`;

/**
 * Changes how the shop's customers sign in. Nobody's password, session or identity is touched: switching back finds everything as it was.
 * Refuses BLANK when the input names nothing.
 */
export const updateAccountsSettings = async (tx: SqlTx, input: AccountsSettingsInput): Promise<object> => {
  const named = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined && value !== null));
  if (Object.keys(named).length === 0) throw new DomainError('BLANK', ['input']);
  const [row] = await tx.sql<{ value: object }>(HOLD, []);
  const before = settingsFrom(row?.value);
  const after: AccountsSettings = { ...before, ...named };
  const fields = (Object.keys(after) as (keyof AccountsSettings)[]).filter((field) => after[field] !== before[field]);
  if (fields.length === 0) return {};
  await tx.sql('update setting set value = $2::text::jsonb where name = $1::text', [ACCOUNTS_SETTING, JSON.stringify(after)]);
  tx.emit({ type: 'customer_accounts_settings.updated', fields, version: after.customerAccountsVersion });
  return {};
};
