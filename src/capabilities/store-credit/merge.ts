import { DomainError } from '../../core/errors.ts';
import { formatAmount } from '../../core/money.ts';
import type { SqlTx, Tx } from '../../db/transact.ts';
import { type Participant, type Parties, repointing } from '../merges/participant.ts';
import type { Movement } from './movement.ts';
import { type Ledger, postWithin } from './post.ts';
import { transfer } from './transfer.ts';

/** What a closed profile holds in one currency, and what a merge does with it. Amounts are minor units. */
export interface CreditInMerge {
  readonly accountId: string;
  readonly currency: string;
  readonly balanceMinor: string;
  /** What goes over: all that is available. */
  readonly movesMinor: string;
  /** What stays set aside for holds, until they end. */
  readonly heldMinor: string;
  /** What the survivor's account holds afterwards. */
  readonly resultMinor: string;
}

const ACCOUNTS = `
select a.id::text as "accountId", a.currency, a.balance_minor::text as "balanceMinor", s.available::text as "movesMinor", s.held::text as "heldMinor",
  (s.available + coalesce(k.balance_minor, 0))::text as "resultMinor"
from store_credit_account a cross join lateral store_credit_standing(a.id, greatest(a.updated_at, $3::text::timestamptz)) s
left join store_credit_account k on k.customer_id = $1::text::uuid and k.currency = a.currency
where a.customer_id = $2::text::uuid and a.balance_minor > 0 order by a.currency`;

const VERSIONS = `
select coalesce(string_agg(id::text || ':' || version, ',' order by id), '') as state
from store_credit_account where customer_id in ($1::text::uuid, $2::text::uuid)`;

export const creditInMerge = (tx: Pick<SqlTx, 'sql' | 'now'>, { keptId, closedId }: Pick<Parties, 'keptId' | 'closedId'>): Promise<CreditInMerge[]> =>
  tx.sql<CreditInMerge>(ACCOUNTS, [keptId, closedId, tx.now.toISOString()]);

/** Locks both customers' accounts, in the order in which the ledger does: what is looked at then is what is moved. */
export const lockAccounts = async (tx: Pick<SqlTx, 'sql'>, customerIds: readonly string[]): Promise<void> => {
  await tx.sql('select 1 from store_credit_account where customer_id = any($1::text[]::uuid[]) order by id for no key update', [customerIds]);
};

/** The credits that a merge brought to the survivor, and what has become of them. Amounts are minor units. */
export interface CreditInUndo {
  readonly accountId: string;
  readonly currency: string;
  readonly cameMinor: string;
  readonly spentMinor: string;
  /** Run out meanwhile: it expires where it is. */
  readonly expiredMinor: string;
  /** Promised to holds of the survivor's: it stays. */
  readonly heldMinor: string;
  readonly returnsMinor: string;
}

/** Credits of the merge, and what followed since from profiles that were merged into the closed one before. */
const CAME = `
from store_credit_account k
join (
  with recursive merges as (
    select $2::text::uuid as id
    union
    select before.id from merges join customer_merge m on m.id = merges.id join customer_merge before on before.kept_id = m.closed_id
    where before.state = 'COMPLETED')
  select id from merges) m on true
join store_credit_transaction t on t.account_id = k.id and t.reference = m.id::text and t.kind = 'CREDIT' and t.event = 'MERGE'
join store_credit_lot l on l.id = t.id
where k.customer_id = $1::text::uuid`;

// What was given back by the undo of a later merge is what had come before: it is counted once.
const RETURNS = `
select c."accountId", c.currency, c.came::text as "cameMinor", (c.came - c.alive - c.expired)::text as "spentMinor", c.expired::text as "expiredMinor",
  greatest(0, c.alive - s.available)::text as "heldMinor", least(c.alive, s.available)::text as "returnsMinor"
from (
  select k.id as id, k.id::text as "accountId", k.currency, sum(t.amount_minor) filter (where t.related_id is not null)::bigint as came,
    coalesce(sum(l.remaining_minor) filter (where l.expires_at <= $3::text::timestamptz), 0)::bigint as expired,
    coalesce(sum(l.remaining_minor) filter (where l.expires_at is null or l.expires_at > $3::text::timestamptz), 0)::bigint as alive
  ${CAME} group by k.id) c
cross join lateral store_credit_standing(c.id, greatest((select updated_at from store_credit_account where id = c.id), $3::text::timestamptz)) s
order by c.currency`;

/** What an undo gives back: what is left of the very credits that came, as far as it is not held. */
export const creditInUndo = (tx: Pick<SqlTx, 'sql' | 'now'>, { keptId, mergeId }: Pick<Parties, 'keptId' | 'mergeId'>): Promise<CreditInUndo[]> =>
  tx.sql<CreditInUndo>(RETURNS, [keptId, mergeId, tx.now.toISOString()]);

interface Lot {
  readonly id: string;
  readonly accountId: string;
  readonly currency: string;
  readonly remaining: string;
  readonly expiresAt: Date | string | null;
  /** The merge by which the closed profile had got it. */
  readonly reference: string | null;
}

/*
 * The lots that go back, and of each, if it had come to the closed profile by a merge itself, which: a transfer makes one credit for each lot
 * that it took from, in the same order. So that merge can be undone next.
 */
const LOTS = `
with came as (
  select l.id, k.id as account_id, k.currency, l.remaining_minor, l.expires_at, l.number, l.is_open, t.related_id,
    row_number() over (partition by t.related_id order by t.number) as place
  ${CAME}
), taken as (
  select s.transaction_id, c.event, c.reference, row_number() over (partition by s.transaction_id order by o.expires_at, o.number) as place
  from store_credit_allocation s join store_credit_lot o on o.id = s.lot_id join store_credit_transaction c on c.id = o.id
  where s.transaction_id in (select related_id from came)
)
select came.id::text as id, came.account_id::text as "accountId", came.currency, came.remaining_minor::text as remaining,
  came.expires_at as "expiresAt", case taken.event when 'MERGE' then taken.reference end as reference
from came left join taken on taken.transaction_id = came.related_id and taken.place = came.place
where came.is_open and (came.expires_at is null or came.expires_at > $3::text::timestamptz) order by came.account_id, came.expires_at, came.number`;

/** The ledger inside a transaction. */
const ledgerWithin = (tx: Tx): Ledger => ({
  post: async (movement) => {
    const [answer] = await postWithin(tx, [movement]);
    if (!answer) throw new Error('The ledger gave no answer');
    return answer;
  },
});

/** How the ledger's rows say which merge they are of. */
const aboutMerge = (tx: Tx, mergeId: string) => ({ event: 'MERGE', reference: mergeId, actor: tx.actor, idempotency: null }) as const;

/**
 * Credit goes over by one transfer for each currency, which keeps lots and expiries; the books of the closed profile stay as they are. What
 * is held stays there, where holds can be captured and released by their ids as before, and follows when it is let go.
 */
export const moveCredit = async (tx: Tx, { keptId, mergeId }: Parties, accounts: readonly CreditInMerge[]): Promise<string[]> => {
  const moved: string[] = [];
  for (const { accountId, currency, movesMinor } of accounts) {
    if (movesMinor === '0') continue;
    const posted = await transfer(ledgerWithin(tx), {
      from: { accountId },
      to: { customerId: keptId },
      currency,
      fromClosed: true,
      ...aboutMerge(tx, mergeId),
    });
    moved.push(posted.transactionId);
  }
  return moved;
};

/** Each lot goes back by itself: a debit that names its credit, and a credit with its expiry on the account that it came from. */
const giveBack = async (tx: Tx, parties: Parties): Promise<void> => {
  const left = new Map((await creditInUndo(tx, parties)).map(({ accountId, returnsMinor }) => [accountId, BigInt(returnsMinor)]));
  const lots = await tx.sql<Lot>(LOTS, [parties.keptId, parties.mergeId, tx.now.toISOString()]);
  const about = aboutMerge(tx, parties.mergeId);
  const [debits, credits]: [Movement[], Movement[]] = [[], []];
  for (const { id, accountId, currency, remaining, expiresAt, reference } of lots) {
    const rest = left.get(accountId) ?? 0n;
    const amountMinor = BigInt(remaining) < rest ? BigInt(remaining) : rest;
    if (amountMinor === 0n) continue;
    left.set(accountId, rest - amountMinor);
    debits.push({ kind: 'CREDIT_REVERSAL', transactionId: id, amountMinor, currency, ...about });
    credits.push({
      kind: 'CREDIT',
      accountId: null,
      customerId: parties.closedId,
      amountMinor,
      currency,
      expiresAt: expiresAt ? new Date(expiresAt) : null,
      ...about,
      ...(reference ? { reference } : {}),
    });
  }
  const answers = debits.length > 0 ? await postWithin(tx, [...debits, ...credits]) : [];
  const refused = answers.find((answer) => 'refused' in answer);
  if (refused && 'refused' in refused) throw new DomainError(refused.refused.code);
};

export const storeCreditInMerge: Participant = {
  name: 'storeCredit',
  models: ['StoreCreditAccount'],
  preview: async (tx, parties) => {
    const [versions] = await tx.sql<{ state: string }>(VERSIONS, [parties.keptId, parties.closedId]);
    const accounts = await creditInMerge(tx, parties);
    const held = accounts.filter(({ heldMinor }) => heldMinor !== '0');
    return {
      moves: accounts.filter(({ movesMinor }) => movesMinor !== '0').length,
      // What is available may change with time alone.
      state: JSON.stringify([versions, accounts]),
      drops: held.map(({ heldMinor, currency }) => ({
        code: 'MERGE_LEAVES_HOLDS',
        params: { amount: formatAmount(BigInt(heldMinor), currency), currency },
      })),
    };
  },
  move: async (tx, parties) => moveCredit(tx, parties, await creditInMerge(tx, parties)),
  restore: giveBack,
};

/** Codes that are hers alone, and credits that wait for a second pair of eyes. */
export const creditCodesInMerge = repointing({ name: 'storeCreditCodes', models: ['StoreCreditCode'], table: 'store_credit_code' });
export const creditRequestsInMerge = repointing({
  name: 'storeCreditRequests',
  models: ['StoreCreditCreditRequest'],
  table: 'store_credit_credit_request',
});
