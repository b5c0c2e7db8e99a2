import { SYSTEM_ACTOR } from '../../core/viewer.ts';
import type { Sql } from '../../db/client.ts';
import type { Movement } from './movement.ts';
import type { Ledger } from './post.ts';

/** Movements that are looked for at once: the ledger takes them as one batch. */
const DUE_MAX = 100;

/** Both lists are in the order of their moments, by an index each. A credit that a hold may still spend waits for the hold. */
const DUE = `
(select 'TIME_OUT' as kind, id::text from store_credit_hold
  where state = 'ACTIVE' and expires_at <= coalesce($1::text::timestamptz, statement_timestamp()) order by expires_at limit ${DUE_MAX})
union all
(select 'EXPIRATION', l.id::text from store_credit_lot l
  where l.is_open and l.expires_at <= coalesce($1::text::timestamptz, statement_timestamp())
    and not exists (select 1 from store_credit_hold h where h.account_id = l.account_id and h.state = 'ACTIVE' and h.created_at < l.expires_at
      and h.expires_at > coalesce($1::text::timestamptz, statement_timestamp()))
  order by l.expires_at limit ${DUE_MAX})`;

const movementOf = ({ kind, id }: { kind: 'TIME_OUT' | 'EXPIRATION'; id: string }): Movement => {
  const why = { event: 'EXPIRATION', actor: SYSTEM_ACTOR, idempotency: null } as const;
  return kind === 'TIME_OUT' ? { kind, holdId: id, ...why } : { kind, transactionId: id, ...why };
};

/** What the job is run with: the gateway, as far as it concerns the ledger. */
interface Gateway {
  readonly backend: { readonly database: { readonly sql: Sql } };
  readonly ledger: Ledger;
  /** Null: the database's own clock. */
  readonly ledgerMoment: () => Date | null;
}

/**
 * Posts what is due by the ledger's clock: releases of holds that have timed out, then expirations of credits. Answers with how many it
 * posted, at most so many of each. Whoever comes second is refused by the ledger, so any number may run it.
 */
export const postDue = async ({ backend, ledger, ledgerMoment }: Gateway): Promise<number> => {
  const due = await backend.database.sql<{ kind: 'TIME_OUT' | 'EXPIRATION'; id: string }>(DUE, [ledgerMoment()?.toISOString() ?? null]);
  const answers = await Promise.all(due.map((item) => ledger.post(movementOf(item))));
  return answers.filter((answer) => 'ok' in answer).length;
};
