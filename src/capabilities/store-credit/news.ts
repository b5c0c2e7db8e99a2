import type { News } from '../../backend/backend.ts';
import type { Held, Movement, Posted } from './movement.ts';

/*
 * What the announcement of a movement carries, so that those who watch the account need not read it: the columns of the account and of
 * the transaction as the movement left them. Notes stay in the database.
 */

/**
 * News of a credit or debit. Of what is rarer, and where an answer is from a time when answers did not tell the columns, there are none:
 * whoever hears of it looks.
 */
export const newsOf = (movement: Movement, posted: Posted | Held): News | undefined => {
  if ((movement.kind !== 'CREDIT' && movement.kind !== 'DEBIT') || !('transactionId' in posted)) return undefined;
  const { kind, amountMinor, currency, event, expiresAt } = movement;
  const { transactionId, customerId, version, number, balanceMinor, availableMinor, heldMinor, createdAt } = posted;
  if (number === undefined || balanceMinor === undefined || availableMinor === undefined || heldMinor === undefined || createdAt === undefined) {
    return undefined;
  }
  const signed = (kind === 'CREDIT' ? amountMinor : -amountMinor).toString();
  return {
    transactionId,
    customerId,
    version,
    number,
    kind,
    event,
    currency,
    amountMinor: signed,
    balanceMinor,
    availableMinor,
    heldMinor,
    createdAt,
    expiresAt: expiresAt?.toISOString() ?? null,
  };
};

/** The version of the account that news tell of. */
export const versionIn = ({ version }: News): bigint | null => (typeof version === 'string' ? BigInt(version) : null);

/** Columns that `available` and `held` ask for, and do not look at where a row tells it. */
const UNASKED = { heldMinor: 0n, runOut: { amountMinor: 0n, timedOutMinor: 0n } };

/** The rows that news tell of, with as many columns as they carry. */
export const rowsIn = (accountId: string, news: News) => {
  const text = (name: string): string => news[name] as string;
  const balanceMinor = BigInt(text('balanceMinor'));
  const version = BigInt(text('version'));
  const availableMinor = BigInt(text('availableMinor'));
  const currency = text('currency');
  return {
    account: {
      id: accountId,
      customerId: text('customerId'),
      currency,
      balanceMinor,
      version,
      ...UNASKED,
      availableMinor,
      heldAfterMinor: BigInt(text('heldMinor')),
    },
    transaction: {
      id: text('transactionId'),
      accountId,
      kind: text('kind'),
      event: text('event'),
      currency,
      number: BigInt(text('number')),
      version,
      amountMinor: BigInt(text('amountMinor')),
      balanceAfterMinor: balanceMinor,
      availableAfterMinor: availableMinor,
      lotExpiresAt: news.expiresAt === null ? null : new Date(text('expiresAt')),
      createdAt: new Date(text('createdAt')),
    },
  };
};
