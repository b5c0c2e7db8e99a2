import { holdsCardNumber } from '../../core/card-number.ts';
import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { holdLiving } from '../customers/living.ts';
import { optional, required } from '../orders/text.ts';

type Path = readonly string[];

/** A text that may be absent and is no card number. Refuses TOO_LONG, CARD_NUMBER_NOT_ALLOWED. */
export const harmless = (value: string | null | undefined, path: Path): string | null => {
  const text = optional(value, path);
  if (text !== null && holdsCardNumber(text)) throw new DomainError('CARD_NUMBER_NOT_ALLOWED', [...path]);
  return text;
};

/** The same that must be there. Refuses BLANK besides. */
export const harmlessText = (value: string | null | undefined, path: Path): string => harmless(required(value, path), path) as string;

const DEFAULT_SOURCE = 'shop';

export interface Reference {
  /** The system that tells of it; absent: `shop`. */
  readonly source?: string | null;
  /** Its own id there. */
  readonly externalId: string;
}

/** The name under which a row is told again. Refuses BLANK, TOO_LONG, CARD_NUMBER_NOT_ALLOWED. */
export const referenceOf = ({ source, externalId }: Reference, path: Path) => ({
  source: harmless(source, [...path, 'source']) ?? DEFAULT_SOURCE,
  externalId: harmlessText(externalId, [...path, 'externalId']),
});

export interface Told {
  readonly customerId?: string | null;
  /** The customer's own id in the system that tells. */
  readonly customerExternalId?: string | null;
}

/**
 * Whose a told row is, by id or by the teller's own id for her; held until the transaction ends. Refuses BLANK when neither is given, and
 * CUSTOMER_DOES_NOT_EXIST: unlike an order, what a customer pays with makes nobody a customer.
 */
export const customerTold = async (tx: Tx, source: string, { customerId, customerExternalId }: Told, path: Path): Promise<string> => {
  const field = customerId ? 'customerId' : 'customerExternalId';
  const value = optional(customerExternalId, [...path, 'customerExternalId']);
  if (!customerId && !value) throw new DomainError('BLANK', [...path, 'customerId']);
  const known =
    customerId ??
    (value && (await tx.db.customerExternalId.findUnique({ where: { source_value: { source, value } }, select: { customerId: true } }))?.customerId);
  const living = known ? await holdLiving(tx, known) : null;
  if (!living) throw new DomainError('CUSTOMER_DOES_NOT_EXIST', [...path, field]);
  return living;
};
