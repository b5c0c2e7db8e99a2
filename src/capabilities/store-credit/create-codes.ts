import { v7 as uuid } from 'uuid';
import { DomainError } from '../../core/errors.ts';
import type { Money } from '../../core/money.ts';
import type { Keyring } from '../../core/secret.ts';
import type { Tx } from '../../db/transact.ts';
import { aboutOf } from './about.ts';
import { creditCodeDigest, mintCreditCode } from './code-text.ts';
import { rulesOf } from './rules.ts';

export interface CodesInput {
  readonly amount: Money;
  readonly count?: number | null;
  /** Until when they can be claimed; absent: always. */
  readonly expiresAt?: Date | null;
  /** Of the credit, from the claim on; absent: as the currency's rules have it. */
  readonly creditExpiresAfterDays?: number | null;
  /** Whose alone they are. */
  readonly customerId?: string | null;
  readonly batch?: string | null;
  readonly memo?: string | null;
  readonly note?: string | null;
}

const COUNT_MAX = 1_000;
const DAYS_MAX = 36_500;
const BATCH_CHARACTERS_MAX = 100;
const AMOUNT = ['input', 'amount'] as const;

const refuse = async (
  tx: Tx,
  { amount: { amountMinor, currency }, count, expiresAt, creditExpiresAfterDays: days, customerId, batch }: CodesInput,
) => {
  if (amountMinor <= 0n) throw new DomainError('NEGATIVE_OR_ZERO_AMOUNT', AMOUNT);
  if (count != null && count < 1) throw new DomainError('INVALID', ['input', 'count']);
  if (count != null && count > COUNT_MAX) throw new DomainError('TOO_MANY', ['input', 'count'], { max: COUNT_MAX });
  if (expiresAt && expiresAt <= tx.now) throw new DomainError('EXPIRES_AT_IN_PAST', ['input', 'expiresAt']);
  if (days != null && (days < 1 || days > DAYS_MAX)) throw new DomainError('INVALID', ['input', 'creditExpiresAfterDays']);
  if (batch && [...batch].length > BATCH_CHARACTERS_MAX) throw new DomainError('TOO_LONG', ['input', 'batch'], { max: BATCH_CHARACTERS_MAX });
  const rules = await rulesOf(tx.sql, currency);
  if (!rules.isEnabled) throw new DomainError('UNSUPPORTED_CURRENCY', [...AMOUNT, 'currencyCode']);
  const isBeyond = (limit: bigint | null): boolean => limit !== null && amountMinor > limit;
  if (isBeyond(rules.issueMaxMinor) || isBeyond(rules.balanceMaxMinor)) throw new DomainError('CREDIT_LIMIT_EXCEEDED', AMOUNT);
  if (isBeyond(rules.approvalAboveMinor)) throw new DomainError('APPROVAL_REQUIRED', AMOUNT);
  if (customerId && !(await tx.db.customer.findFirst({ where: { id: customerId, deletedAt: null }, select: { id: true } })))
    throw new DomainError('CUSTOMER_DOES_NOT_EXIST', ['input', 'customerId']);
};

/**
 * Makes codes, each worth an amount to whoever claims it first. They are shown in this answer and never again: only a keyed hash is kept.
 * Refuses NEGATIVE_OR_ZERO_AMOUNT, TOO_MANY, INVALID, EXPIRES_AT_IN_PAST, TOO_LONG, CUSTOMER_DOES_NOT_EXIST, NOTE_TOO_LONG, and by rule
 * UNSUPPORTED_CURRENCY, CREDIT_LIMIT_EXCEEDED, APPROVAL_REQUIRED.
 */
export const createCodes = async (tx: Tx, keyring: Keyring, input: CodesInput): Promise<{ codeIds: string[]; codes: string[] }> => {
  await refuse(tx, input);
  const { amount, customerId, batch, expiresAt, creditExpiresAfterDays } = input;
  const { memo, note } = aboutOf({ memo: input.memo, note: input.note }, 'input');
  const made = Array.from({ length: input.count ?? 1 }, () => ({ id: uuid(), code: mintCreditCode() }));
  await tx.db.storeCreditCode.createMany({
    data: made.map(({ id, code }) => ({
      id,
      digest: new Uint8Array(Buffer.from(creditCodeDigest(keyring, code), 'hex')),
      hint: code.slice(-4),
      ...amount,
      customerId: customerId ?? null,
      batch: batch || null,
      memo: memo ?? null,
      note: note ?? null,
      expiresAt: expiresAt ?? null,
      creditExpiresAfter: creditExpiresAfterDays ?? null,
      createdBy: tx.actor,
      createdAt: tx.now,
    })),
  });
  tx.emit({ type: 'store_credit_codes.created', customerId: customerId ?? null, batch: batch || null, count: made.length });
  return { codeIds: made.map(({ id }) => id), codes: made.map(({ code }) => code) };
};
