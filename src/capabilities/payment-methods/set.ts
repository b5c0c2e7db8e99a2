import { v7 as uuid } from 'uuid';
import { DomainError } from '../../core/errors.ts';
import type { PaymentMethodKind, PaymentMethodStatus } from '../../db/generated/enums.ts';
import type { Tx } from '../../db/transact.ts';
import { moment, webAddress } from '../orders/text.ts';
import { customerTold, harmless, harmlessText, type Reference, referenceOf, type Told } from './fields.ts';

export interface PaymentMethodInput extends Reference, Told {
  /** Who charges it. */
  readonly provider: string;
  readonly kind: PaymentMethodKind;
  readonly status?: PaymentMethodStatus | null;
  readonly label?: string | null;
  readonly brand?: string | null;
  readonly lastDigits?: string | null;
  readonly expiryMonth?: number | null;
  readonly expiryYear?: number | null;
  readonly manageUrl?: string | null;
  readonly createdAt?: Date | null;
  /** The backend's own moment; absent: now. */
  readonly updatedAt?: Date | null;
}

const PATH = ['input'];
const at = (field: string): readonly string[] => [...PATH, field];

const within = (value: number | null | undefined, least: number, most: number, path: readonly string[]): number | null => {
  if (value == null) return null;
  if (!Number.isInteger(value) || value < least || value > most) throw new DomainError('INVALID', [...path]);
  return value;
};

const lastDigitsOf = (value: string | null | undefined): string | null => {
  const digits = harmless(value, at('lastDigits'));
  if (digits !== null && !/^\d{1,4}$/.test(digits)) throw new DomainError('INVALID', [...at('lastDigits')]);
  return digits;
};

const columnsOf = (input: PaymentMethodInput, now: Date) => ({
  provider: harmlessText(input.provider, at('provider')),
  kind: input.kind,
  status: input.status ?? ('ACTIVE' as const),
  label: harmless(input.label, at('label')),
  brand: harmless(input.brand, at('brand')),
  lastDigits: lastDigitsOf(input.lastDigits),
  expiryMonth: within(input.expiryMonth, 1, 12, at('expiryMonth')),
  expiryYear: within(input.expiryYear, 2000, 2100, at('expiryYear')),
  manageUrl: webAddress(input.manageUrl, at('manageUrl')),
  updatedAt: input.updatedAt ? moment(input.updatedAt, at('updatedAt')) : now,
});

/**
 * Makes a reference to a payment method be as the commerce backend tells it, as a whole, by the backend's own id; what was told later
 * already stays. Never what it can be charged with: refuses CARD_NUMBER_NOT_ALLOWED for a text with 13 to 19 digits that pass Luhn's check,
 * INVALID for more than four last digits, a month, year or address that is none, and BLANK, TOO_LONG, CUSTOMER_DOES_NOT_EXIST.
 */
export const setPaymentMethod = async (tx: Tx, input: PaymentMethodInput): Promise<{ paymentMethodId: string }> => {
  const reference = referenceOf(input, PATH);
  const columns = columnsOf(input, tx.now);
  const customerId = await customerTold(tx, reference.source, input, PATH);
  await tx.db.$executeRaw`select pg_advisory_xact_lock(hashtextextended(${`payment method ${reference.source} ${reference.externalId}`}, 0))`;
  const before = await tx.db.paymentMethod.findUnique({ where: { source_externalId: reference }, select: { id: true, updatedAt: true } });
  if (before && before.updatedAt > columns.updatedAt) return { paymentMethodId: before.id };
  const id = before?.id ?? uuid();
  const createdAt = input.createdAt ? moment(input.createdAt, at('createdAt')) : columns.updatedAt;
  if (before) await tx.db.paymentMethod.update({ where: { id }, data: { ...columns, customerId }, select: { id: true } });
  else await tx.db.paymentMethod.create({ data: { id, customerId, ...reference, ...columns, createdAt }, select: { id: true } });
  tx.emit({ type: before ? 'payment_method.updated' : 'payment_method.created', customerId, paymentMethodId: id });
  return { paymentMethodId: id };
};

/** Forgets a reference; subscriptions that named it name none. Refuses NOT_FOUND. */
export const deletePaymentMethod = async (tx: Tx, paymentMethodId: string): Promise<{ deletedPaymentMethodId: string }> => {
  const [row] = await tx.sql<{ customerId: string }>(
    'delete from payment_method where id = $1::text::uuid returning customer_id::text as "customerId"',
    [paymentMethodId],
  );
  if (!row) throw new DomainError('NOT_FOUND', ['id']);
  tx.emit({ type: 'payment_method.deleted', customerId: row.customerId, paymentMethodId });
  return { deletedPaymentMethodId: paymentMethodId };
};
