import { v7 as uuid } from 'uuid';
import { DomainError } from '../../core/errors.ts';
import type { Money } from '../../core/money.ts';
import type { StoreCreditSystemEvent } from '../../db/generated/enums.ts';
import type { Tx } from '../../db/transact.ts';
import { aboutOf, eventOf } from './about.ts';
import type { AccountRef } from './accepted.ts';
import type { About } from './movement.ts';

export interface CreditRequestInput extends About {
  readonly account: AccountRef;
  readonly amount: Money;
  /** Null: never. Absent: as the currency's rules have it when the credit is given. */
  readonly expiresAt?: Date | null;
  readonly event?: StoreCreditSystemEvent | null;
  /** Whether the customer is written to; absent: as the shop's settings have it. */
  readonly notify?: boolean | null;
}

const DAYS_TO_DECIDE = 7;
const DAY_MS = 24 * 60 * 60 * 1000;

const ownerOf = async (tx: Tx, account: AccountRef, currency: string): Promise<string> => {
  if ('customerId' in account) {
    const owner = await tx.db.customer.findFirst({ where: { id: account.customerId, deletedAt: null }, select: { id: true } });
    if (!owner) throw new DomainError('OWNER_NOT_FOUND', ['id']);
    return owner.id;
  }
  const found = await tx.db.storeCreditAccount.findUnique({ where: { id: account.accountId }, select: { customerId: true, currency: true } });
  if (!found) throw new DomainError('ACCOUNT_NOT_FOUND', ['id']);
  if (found.currency !== currency) throw new DomainError('MISMATCHING_CURRENCY', ['creditInput', 'creditAmount', 'currencyCode']);
  return found.customerId;
};

/**
 * Asks a second member of staff for a credit. Nothing is given until it is approved; in seven days it lapses.
 * Refuses ACCOUNT_NOT_FOUND, OWNER_NOT_FOUND, MISMATCHING_CURRENCY, NEGATIVE_OR_ZERO_AMOUNT, EXPIRES_AT_IN_PAST, and what `credit` refuses
 * of notes.
 */
export const requestCredit = async (
  tx: Tx,
  { account, amount, expiresAt, event, notify, ...about }: CreditRequestInput,
): Promise<{ creditRequestId: string }> => {
  if (amount.amountMinor <= 0n) throw new DomainError('NEGATIVE_OR_ZERO_AMOUNT', ['creditInput', 'creditAmount']);
  if (expiresAt && expiresAt <= tx.now) throw new DomainError('EXPIRES_AT_IN_PAST', ['creditInput', 'expiresAt']);
  const { metadata, ...said } = aboutOf(about, 'creditInput');
  const customerId = await ownerOf(tx, account, amount.currency);
  const id = uuid();
  await tx.db.storeCreditCreditRequest.create({
    data: {
      id,
      customerId,
      ...amount,
      event: eventOf(event, 'creditInput'),
      creditExpiresAt: expiresAt ?? null,
      hasDefaultExpiry: expiresAt === undefined,
      notify: notify ?? null,
      ...said,
      ...(metadata ? { metadata } : {}),
      requestedBy: tx.actor,
      createdAt: tx.now,
      expiresAt: new Date(tx.now.getTime() + DAYS_TO_DECIDE * DAY_MS),
    },
    select: { id: true },
  });
  tx.emit({ type: 'store_credit_credit_request.created', customerId, creditRequestId: id });
  return { creditRequestId: id };
};
