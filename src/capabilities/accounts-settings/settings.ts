import type { Sql } from '../../db/client.ts';

/** CLASSIC: e-mail address and password, or a code. NEW_CUSTOMER_ACCOUNTS: no passwords. */
export const VERSIONS = ['CLASSIC', 'NEW_CUSTOMER_ACCOUNTS'] as const;

export type AccountsVersion = (typeof VERSIONS)[number];

/** How the shop's customers sign in, under Shopify's names. */
export interface AccountsSettings {
  readonly customerAccountsVersion: AccountsVersion;
  readonly loginLinksVisibleOnStorefrontAndCheckout: boolean;
  readonly loginRequiredAtCheckout: boolean;
}

const DEFAULTS: AccountsSettings = {
  customerAccountsVersion: 'NEW_CUSTOMER_ACCOUNTS',
  loginLinksVisibleOnStorefrontAndCheckout: true,
  loginRequiredAtCheckout: false,
};

/** The name of the setting that holds them. */
export const ACCOUNTS_SETTING = 'customer_accounts';

/** What was kept, over the defaults. */
export const settingsFrom = (kept: object | null | undefined): AccountsSettings => ({ ...DEFAULTS, ...kept });

export const accountsSettings = async (sql: Sql): Promise<AccountsSettings> => {
  const [row] = await sql<{ value: object }>('select value from setting where name = $1::text', [ACCOUNTS_SETTING]);
  return settingsFrom(row?.value);
};
