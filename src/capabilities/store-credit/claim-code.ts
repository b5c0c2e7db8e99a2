import type { Limit, Limiter } from '../../backend/backend.ts';
import { DomainError } from '../../core/errors.ts';
import { limitedNetwork } from '../../core/network.ts';
import type { Keyring } from '../../core/secret.ts';
import type { SqlTx } from '../../db/transact.ts';
import { creditCodeDigests } from './code-text.ts';
import { credit } from './credit.ts';
import type { Posted } from './movement.ts';
import { openCode } from './open-code.ts';
import { ledgerWithin } from './post.ts';

const HOUR = 60 * 60;
const DAY_MS = 24 * 60 * 60 * 1000;
const FIELD = ['code'] as const;

const nameOf = (keyring: Keyring, kind: string, whom: string): string => `${kind}:${keyring.stableDigest('limit', kind, whom).toString('base64url')}`;

/** Wrong codes: ten an hour from one customer, a hundred from one network. */
const guessesOf = (keyring: Keyring, customerId: string, address: string | undefined): Limit[] => [
  { name: nameOf(keyring, 'credit-code', customerId), max: 10, windowSeconds: HOUR },
  { name: nameOf(keyring, 'credit-code-from', limitedNetwork(address)), max: 100, windowSeconds: HOUR },
];

interface Guess {
  readonly limiter: Limiter;
  readonly keyring: Keyring;
  readonly customerId: string;
  readonly address: string | undefined;
}

/** Counts a try before it is made. Refuses TOO_MANY_ATTEMPTS with the seconds to wait. */
export const guessCode = async ({ limiter, keyring, customerId, address }: Guess): Promise<void> => {
  const seconds = await limiter.take(guessesOf(keyring, customerId, address));
  if (seconds > 0) throw new DomainError('TOO_MANY_ATTEMPTS', FIELD, { seconds, detail: 'TOO_MANY_CODES' });
};

/** Takes a try back that named a code: only those that named none count. */
export const giveGuessBack = ({ limiter, keyring, customerId, address }: Guess): Promise<void> =>
  limiter.giveBack(guessesOf(keyring, customerId, address).map(({ name }) => name));

/**
 * Puts what a code is worth into a customer's account, once, whoever races for it.
 *
 * Invariant: a code is claimed in the transaction of its credit.
 * Refuses CODE_NOT_FOUND (also for one that is another customer's), CODE_CLAIMED, CODE_DISABLED, CODE_EXPIRED, and by rule
 * CREDIT_LIMIT_EXCEEDED, UNSUPPORTED_CURRENCY: the code can then be claimed later.
 */
export const claimCode = async (tx: SqlTx, keyring: Keyring, customerId: string, typed: string): Promise<Posted> => {
  const digests = creditCodeDigests(keyring, typed);
  const code = await openCode(tx, { digests }, { mine: (owner) => owner === null || owner === customerId, field: FIELD });
  const { amountMinor, currency, memo, creditExpiresAfterDays: days } = code;
  const posted = await credit(ledgerWithin(tx), {
    account: { customerId },
    amount: { amountMinor, currency },
    ...(days === null ? {} : { expiresAt: new Date(tx.now.getTime() + days * DAY_MS) }),
    event: 'ISSUE',
    memo,
    reason: 'CREDIT_CODE',
    reference: code.id,
    actor: tx.actor,
    idempotency: null,
  }).catch((error: unknown) => {
    throw error instanceof DomainError ? new DomainError(error.code, FIELD, error.params) : error;
  });
  await tx.sql('update store_credit_code set claimed_at = $2::text::timestamptz, transaction_id = $3::text::uuid where id = $1::text::uuid', [
    code.id,
    tx.now.toISOString(),
    posted.transactionId,
  ]);
  tx.emit({ type: 'store_credit_code.claimed', codeId: code.id, customerId, transactionId: posted.transactionId });
  return posted;
};
