import { DomainError } from '../../core/errors.ts';
import type { Sql } from '../../db/client.ts';
import type { SqlTx } from '../../db/transact.ts';

/** Which mails about store credit the shop sends. The ledger reads the first three by these names when it posts. */
export interface CreditMailSettings {
  /** Of credits whose `notify` is not said. */
  readonly credited: boolean;
  readonly debited: boolean;
  readonly expired: boolean;
  readonly expiring: boolean;
  /** So many days before; the largest first. */
  readonly expiringDays: readonly number[];
  /** Not to those alone who want the shop's mail. */
  readonly expiringToEveryone: boolean;
  /** When reminders were switched on: what was due before is not made up for. Null when they are off. */
  readonly expiringSince: string | null;
}

export type CreditMailInput = { readonly [Key in Exclude<keyof CreditMailSettings, 'expiringSince'>]?: CreditMailSettings[Key] | null };

const SETTING = 'store_credit_mail';
const DAYS_MAX = 365;
const STEPS_MAX = 5;

const DEFAULTS: CreditMailSettings = {
  credited: false,
  debited: false,
  expired: false,
  expiring: false,
  expiringDays: [30, 7, 1],
  expiringToEveryone: false,
  expiringSince: null,
};

export const creditMailSettings = async (sql: Sql): Promise<CreditMailSettings> => {
  const [row] = await sql<{ value: object }>('select value from setting where name = $1::text', [SETTING]);
  return { ...DEFAULTS, ...row?.value };
};

const PUT = 'insert into setting (name, value) values ($1::text, $2::text::jsonb) on conflict (name) do update set value = excluded.value';

/** Changes what the input names. Refuses INVALID for days that are none, too many, or not from 1 to 365. */
export const updateCreditMailSettings = async (tx: SqlTx, input: CreditMailInput): Promise<object> => {
  // Whoever comes at the same time waits, and changes what this one left.
  await tx.sql(`insert into setting (name, value) values ($1::text, '{}') on conflict (name) do update set value = setting.value`, [SETTING]);
  const before = await creditMailSettings(tx.sql);
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value != null)) as Partial<CreditMailSettings>;
  const days = [...new Set(given.expiringDays ?? before.expiringDays)].sort((a, b) => b - a);
  if (days.length === 0 || days.length > STEPS_MAX || days.some((day) => day < 1 || day > DAYS_MAX))
    throw new DomainError('INVALID', ['input', 'expiringDays']);
  const after = { ...before, ...given, expiringDays: days };
  const expiringSince = after.expiring ? (before.expiringSince ?? tx.now.toISOString()) : null;
  await tx.sql(PUT, [SETTING, JSON.stringify({ ...after, expiringSince })]);
  tx.emit({ type: 'store_credit_mail_settings.updated' });
  return {};
};
