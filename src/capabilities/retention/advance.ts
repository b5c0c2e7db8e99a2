import type { App } from '../../app.ts';
import { SYSTEM_ACTOR } from '../../core/viewer.ts';
import type { DataRetentionKind } from '../../db/generated/enums.ts';
import type { Tx } from '../../db/transact.ts';
import { requestErasureOfInactive } from './inactive.ts';
import { SWEEPS } from './sweeps.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Rows that one transaction looks at. */
const ROWS_MAX = 1_000;
/** Customers that one transaction looks at: each erasure that is requested orders a mail. */
const CUSTOMERS_MAX = 200;

type Swept = keyof typeof SWEEPS | 'INACTIVE_CUSTOMERS';
const KINDS: readonly Swept[] = [...(Object.keys(SWEEPS) as (keyof typeof SWEEPS)[]), 'INACTIVE_CUSTOMERS'];

/** At random: one that fails must not stand before the others for ever. Whoever is at one meanwhile leaves it to itself. */
const DUE = `
select kind::text as kind, keep_days as "keepDays", coalesce(cursor, '') as cursor from data_retention
where keep_days is not null and kind = any($1::text[]::data_retention_kind[]) and (due_at is null or due_at <= $2::text::timestamptz)
order by random() limit 1 for update skip locked`;

const GO_ON = `
update data_retention set cursor = $2::text, running_count = running_count + $3::text::bigint, deleted_count = deleted_count + $3::text::bigint
where kind = $1::text::data_retention_kind`;

const END = `
update data_retention set cursor = null, last_run_count = running_count + $2::text::bigint, running_count = 0,
  deleted_count = deleted_count + $2::text::bigint, last_run_at = $3::text::timestamptz, due_at = $3::text::timestamptz + interval '1 day'
where kind = $1::text::data_retention_kind`;

/** Parts are walked along their index: without statistics PostgreSQL would sort all that is old for each of them. */
const WALKED = `select set_config('enable_bitmapscan', 'off', true), set_config('enable_sort', 'off', true)`;

interface Due {
  readonly kind: Swept;
  readonly keepDays: number;
  readonly cursor: string;
}

/**
 * Takes one part of a run that deletes what the shop keeps no longer, in a transaction of its own; a kind's run begins once a day and when
 * its days were changed. Answers 1 while there is more to do. Any number of processes may run it.
 */
export const advanceRetention = async (
  app: Pick<App, 'backend' | 'transact' | 'clock' | 'keyring' | 'erasureGraceSeconds' | 'shopName' | 'publicUrl'>,
  { kinds = KINDS, rowsMax = ROWS_MAX }: { readonly kinds?: readonly DataRetentionKind[]; readonly rowsMax?: number } = {},
): Promise<number> =>
  app.transact(SYSTEM_ACTOR, async (tx) => {
    const [due] = await tx.sql<Due>(DUE, [kinds, tx.now.toISOString()]);
    if (!due) return 0;
    await tx.sql(WALKED, []);
    const part = { before: new Date(tx.now.getTime() - due.keepDays * DAY_MS), cursor: due.cursor };
    const { count, cursor } = await sweep(tx, app, due.kind, { ...part, rowsMax });
    if (cursor === null) await tx.sql(END, [due.kind, String(count), tx.now.toISOString()]);
    else await tx.sql(GO_ON, [due.kind, cursor, String(count)]);
    return 1;
  });

const sweep = (
  tx: Tx,
  { keyring, erasureGraceSeconds, shopName, publicUrl }: Pick<App, 'keyring' | 'erasureGraceSeconds' | 'shopName' | 'publicUrl'>,
  kind: Swept,
  part: Parameters<(typeof SWEEPS)[keyof typeof SWEEPS]>[1],
) => {
  if (kind !== 'INACTIVE_CUSTOMERS') return SWEEPS[kind](tx.sql, part);
  const shop = { graceSeconds: erasureGraceSeconds, shopName, accountUrl: `${publicUrl}/account/privacy` };
  return requestErasureOfInactive(tx, keyring, shop, { ...part, rowsMax: Math.min(part.rowsMax, CUSTOMERS_MAX) });
};
