import { sumOfEach } from '../../core/each.ts';
import { DomainError } from '../../core/errors.ts';
import { languageOf } from '../../core/language.ts';
import type { Keyring } from '../../core/secret.ts';
import { SYSTEM_ACTOR } from '../../core/viewer.ts';
import type { Transact, Tx } from '../../db/transact.ts';
import { requestMail } from '../mail/request.ts';
import { endSessions } from '../sessions/end.ts';
import { secondsAfter } from '../sessions/open.ts';
import { activeSince } from './activity-since.ts';
import { forget } from './forget.ts';
import type { PrivacyParticipant } from './participant.ts';
import { PRIVACY_PARTICIPANTS } from './participants.ts';

const FIELD = ['customerId'];

/** The customer, held for the rest of the transaction. Refuses DOES_NOT_EXIST. */
const held = async (tx: Tx, customerId: string) => {
  await tx.db.$queryRaw`select 1 from customer where id = ${customerId}::uuid for update`;
  const customer = await tx.db.customer.findUnique({
    where: { id: customerId },
    select: { email: true, locale: true, deletedAt: true, erasureRequestedAt: true, erasureDueAt: true, erasedAt: true },
  });
  if (!customer || customer.deletedAt) throw new DomainError('DOES_NOT_EXIST', FIELD);
  return customer;
};

/** Why the erasure that is to come was requested last: the log says so, which is kept for longer than any grace. */
const isForInactivity = async (tx: Tx, customerId: string): Promise<boolean> => {
  const [requested] = await tx.sql<{ reason: string | null }>(
    `select payload->>'reason' as reason from outbox_event
     where customer_id = $1::text::uuid and type = 'customer_erasure.requested' order by id desc limit 1`,
    [customerId],
  );
  return requested?.reason === 'inactivity';
};

const CAME_BACK = `select ${activeSince('$1::text::uuid', '$2::text::timestamptz')} as "cameBack"`;

const cameBack = async (tx: Tx, customerId: string, since: Date): Promise<boolean> => {
  const [found] = await tx.sql<{ cameBack: boolean }>(CAME_BACK, [customerId, since.toISOString()]);
  return found?.cameBack ?? false;
};

export interface ErasureShop {
  readonly graceSeconds: number;
  readonly shopName: string;
  readonly accountUrl: string;
}

/**
 * Orders that a customer's data is erased when the grace is over; until then it can be taken back. She is told by mail. Asked again, the
 * first moment stays. One for inactivity is taken back when she has come back by then. Refuses DOES_NOT_EXIST.
 */
export const requestErasure = async (
  tx: Tx,
  keyring: Keyring,
  customerId: string,
  { graceSeconds, shopName, accountUrl, reason }: ErasureShop & { readonly reason?: 'inactivity' },
): Promise<{ customerId: string }> => {
  const { email, locale, erasureDueAt } = await held(tx, customerId);
  if (erasureDueAt) {
    // Whoever asks for it herself wants it, though she has come back.
    if (!reason && (await isForInactivity(tx, customerId)))
      tx.emit({ type: 'customer_erasure.requested', customerId, dueAt: erasureDueAt.toISOString() });
    return { customerId };
  }
  const dueAt = secondsAfter(tx.now, graceSeconds);
  await tx.db.customer.update({
    where: { id: customerId },
    data: { erasureRequestedAt: tx.now, erasureDueAt: dueAt, updatedAt: tx.now },
    select: { id: true },
  });
  tx.emit({ type: 'customer_erasure.requested', customerId, dueAt: dueAt.toISOString(), ...(reason ? { reason } : {}) });
  if (email) {
    const language = languageOf(locale);
    const date = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' }).format(dueAt);
    const template = reason ? 'erasure_for_inactivity' : 'erasure_requested';
    requestMail(tx, keyring, customerId, { to: email, language, shopName, template, values: { date, link: accountUrl } });
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
  const { erasureDueAt, erasureRequestedAt } = await held(tx, customerId);
  if (!erasureDueAt || erasureDueAt > tx.now) return false;
  if (erasureRequestedAt && (await isForInactivity(tx, customerId)) && (await cameBack(tx, customerId, erasureRequestedAt))) {
    await cancelErasure(tx, customerId);
    return false;
  }
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
