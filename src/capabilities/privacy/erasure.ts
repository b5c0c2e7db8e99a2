import { sumOfEach } from '../../core/each.ts';
import { DomainError } from '../../core/errors.ts';
import { languageOf } from '../../core/language.ts';
import type { Keyring } from '../../core/secret.ts';
import { SYSTEM_ACTOR } from '../../core/viewer.ts';
import type { Transact, Tx } from '../../db/transact.ts';
import { requestMail } from '../mail/request.ts';
import { endSessions } from '../sessions/end.ts';
import { secondsAfter } from '../sessions/open.ts';
import { forget } from './forget.ts';
import type { PrivacyParticipant } from './participant.ts';
import { PRIVACY_PARTICIPANTS } from './participants.ts';

const FIELD = ['customerId'];

/** The customer, held for the rest of the transaction. Refuses DOES_NOT_EXIST. */
const held = async (tx: Tx, customerId: string) => {
  await tx.db.$queryRaw`select 1 from customer where id = ${customerId}::uuid for update`;
  const customer = await tx.db.customer.findUnique({
    where: { id: customerId },
    select: { email: true, locale: true, deletedAt: true, erasureDueAt: true, erasedAt: true },
  });
  if (!customer || customer.deletedAt) throw new DomainError('DOES_NOT_EXIST', FIELD);
  return customer;
};

/**
 * Orders that a customer's data is erased when the grace is over; until then it can be taken back. She is told by mail. Asked again, the
 * first moment stays. Refuses DOES_NOT_EXIST.
 */
export const requestErasure = async (
  tx: Tx,
  keyring: Keyring,
  customerId: string,
  { graceSeconds, shopName, accountUrl }: { graceSeconds: number; shopName: string; accountUrl: string },
): Promise<{ customerId: string }> => {
  const { email, locale, erasureDueAt } = await held(tx, customerId);
  if (erasureDueAt) return { customerId };
  const dueAt = secondsAfter(tx.now, graceSeconds);
  await tx.db.customer.update({
    where: { id: customerId },
    data: { erasureRequestedAt: tx.now, erasureDueAt: dueAt, updatedAt: tx.now },
    select: { id: true },
  });
  tx.emit({ type: 'customer_erasure.requested', customerId, dueAt: dueAt.toISOString() });
  if (email) {
    const language = languageOf(locale);
    const date = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' }).format(dueAt);
    requestMail(tx, keyring, customerId, { to: email, language, shopName, template: 'erasure_requested', values: { date, link: accountUrl } });
  }
  return { customerId };
};

/** Takes an erasure back that has not come yet. Refuses DOES_NOT_EXIST, NOT_BEING_ERASED. */
export const cancelErasure = async (tx: Tx, customerId: string): Promise<{ customerId: string }> => {
  const { erasureDueAt } = await held(tx, customerId);
  if (!erasureDueAt) throw new DomainError('NOT_BEING_ERASED', FIELD);
  await tx.db.customer.update({
    where: { id: customerId },
    data: { erasureRequestedAt: null, erasureDueAt: null, updatedAt: tx.now },
    select: { id: true },
  });
  tx.emit({ type: 'customer_erasure.cancelled', customerId });
  return { customerId };
};

/** Erases a customer whose moment has come, in every capability at once or in none. False when it has not come, or was done. */
export const erase = async (tx: Tx, customerId: string, participants: readonly PrivacyParticipant[] = PRIVACY_PARTICIPANTS): Promise<boolean> => {
  const { erasureDueAt } = await held(tx, customerId);
  if (!erasureDueAt || erasureDueAt > tx.now) return false;
  await endSessions(tx, { customerId }, 'erased');
  // Profiles that were merged into hers keep columns of their own.
  const former = await tx.db.customer.findMany({ where: { mergedIntoId: customerId }, select: { id: true }, orderBy: { id: 'asc' } });
  for (const { id } of [...former, { id: customerId }]) {
    await forget(tx, id, participants);
    await tx.db.customer.update({ where: { id }, data: { erasedAt: tx.now }, select: { id: true } });
  }
  tx.emit({ type: 'customer_erasure.done', customerId });
  return true;
};

/** Customers that one round erases. */
const DUE_MAX = 20;

/** At random: those that cannot be erased must not stand before the others for ever. */
const DUE = `select id from customer where erasure_due_at <= $1::text::timestamptz and erased_at is null and deleted_at is null
order by random() limit ${DUE_MAX}`;

interface Gateway {
  readonly backend: { readonly database: { sql<Row>(text: string, values: readonly unknown[]): Promise<Row[]> } };
  readonly transact: Transact;
  readonly clock: () => Date;
}

/**
 * Erases whose moment has come, each in a transaction of its own; answers with how many. One that fails keeps no other from being erased: the
 * first fault is thrown when all have had their turn. Any number of processes may run it.
 */
export const eraseDue = async ({ backend, transact, clock }: Gateway): Promise<number> => {
  const due = await backend.database.sql<{ id: string }>(DUE, [clock().toISOString()]);
  return sumOfEach(due, async ({ id }) => {
    const isErased = await transact(SYSTEM_ACTOR, (tx) => erase(tx, id)).catch((error: unknown) => {
      // Deleted, or merged, meanwhile.
      if (error instanceof DomainError) return false;
      throw error;
    });
    return Number(isErased);
  });
};
