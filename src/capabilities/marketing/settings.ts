import type { Sql } from '../../db/client.ts';
import type { SqlTx } from '../../db/transact.ts';

export interface MarketingSettings {
  /** Whether a customer's consent is pending until she follows the link of a mail. */
  readonly emailDoubleOptIn: boolean;
}

const SETTING = 'marketing';
const DEFAULTS: MarketingSettings = { emailDoubleOptIn: true };

export const marketingSettings = async (sql: Sql): Promise<MarketingSettings> => {
  const [row] = await sql<{ value: object }>('select value from setting where name = $1::text', [SETTING]);
  return { ...DEFAULTS, ...row?.value };
};

const PUT =
  'insert into setting (name, value) values ($1::text, $2::text::jsonb) on conflict (name) do update set value = setting.value || excluded.value';

/** Changes what the input names. Consents that are given or pending stay as they are. */
export const updateMarketingSettings = async (tx: SqlTx, { emailDoubleOptIn }: { emailDoubleOptIn: boolean }): Promise<object> => {
  await tx.sql(PUT, [SETTING, JSON.stringify({ emailDoubleOptIn })]);
  tx.emit({ type: 'marketing_settings.updated' });
  return {};
};
