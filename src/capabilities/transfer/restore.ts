import { DomainError } from '../../core/errors.ts';
import type { Prisma } from '../../db/client.ts';
import type { MarketingChannel } from '../../db/generated/enums.ts';
import type { Tx } from '../../db/transact.ts';
import { refuseTaken } from '../customers/create.ts';
import { contactOf } from '../marketing/consent.ts';
import { consentOf, recordConsent } from '../marketing/record.ts';
import { digestOf } from '../metafields/set.ts';
import { ledgerWithin } from '../store-credit/post.ts';
import { reverse } from '../store-credit/reverse.ts';
import type { Changes } from './record-changes.ts';

type Customer = Prisma.CustomerGetPayload<object>;

/** A field that could not be taken back, and why. */
export interface Kept {
  readonly field: string;
  readonly code: string;
}

const CHANGED = 'CHANGED_SINCE';

const nowOf = (customer: Customer, field: string): string | null => {
  const value = customer[field as 'email' | 'birthDate'];
  return value instanceof Date ? value.toISOString().slice(0, 10) : value;
};

/** The columns that go back; what was changed since, or is another's by now, is kept. */
const columnsOf = async (tx: Tx, customer: Customer, { fields, verified, tags }: Changes, kept: Kept[]): Promise<Prisma.CustomerUpdateInput> => {
  const data: Record<string, unknown> = {};
  for (const [field, { before, after }] of Object.entries(fields)) {
    if (nowOf(customer, field) !== after) kept.push({ field, code: CHANGED });
    else if (await isTaken(tx, customer.id, field, before)) kept.push({ field, code: 'TAKEN' });
    else data[field] = field === 'birthDate' && before ? new Date(`${before}T00:00:00Z`) : before;
  }
  if ('email' in data) data.emailVerifiedAt = verified.email && new Date(verified.email);
  if ('phone' in data) data.phoneVerifiedAt = verified.phone && new Date(verified.phone);
  const added = new Set(tags.map((tag) => tag.toLowerCase()));
  const left = customer.tags.filter((tag) => !added.has(tag.toLowerCase()));
  if (left.length < customer.tags.length) data.tags = left;
  return data;
};

const isTaken = async (tx: Tx, customerId: string, field: string, before: string | null): Promise<boolean> => {
  if ((field !== 'email' && field !== 'phone') || before === null) return false;
  try {
    await refuseTaken(tx, { [field]: before }, customerId, []);
    return false;
  } catch (error) {
    if (error instanceof DomainError) return true;
    throw error;
  }
};

/** Addresses that nobody has changed since go, unless others came after the one that is the default. */
const takeAddresses = async (tx: Tx, customer: Customer, addresses: readonly string[], kept: Kept[]): Promise<string[]> => {
  if (addresses.length === 0) return [];
  const book = await tx.db.address.findMany({ where: { customerId: customer.id }, select: { id: true, createdAt: true, updatedAt: true } });
  const added = book.filter(({ id }) => addresses.includes(id));
  const isOld = (id: string): boolean => id === customer.defaultAddressId && book.length > added.length;
  const gone = added.filter(({ id, createdAt, updatedAt }) => createdAt.getTime() === updatedAt.getTime() && !isOld(id)).map(({ id }) => id);
  if (gone.length < added.length) kept.push({ field: 'address', code: CHANGED });
  await tx.db.address.deleteMany({ where: { id: { in: gone } } });
  for (const addressId of gone) tx.emit({ type: 'customer_address.deleted', customerId: customer.id, addressId });
  return gone;
};

const takePassword = async (tx: Tx, customerId: string, password: Changes['password'], kept: Kept[]): Promise<boolean> => {
  if (!password) return false;
  const { before, after } = password;
  const where = { customerId, hash: after };
  const { count } = before
    ? await tx.db.customerPassword.updateMany({ where, data: { hash: before, updatedAt: tx.now, importedDigest: null } })
    : await tx.db.customerPassword.deleteMany({ where });
  if (count === 0) kept.push({ field: 'password', code: CHANGED });
  return count > 0;
};

const takeMetafields = async (tx: Tx, customerId: string, metafields: Changes['metafields'], kept: Kept[]): Promise<void> => {
  const restored: string[] = [];
  for (const [name, { before, after }] of Object.entries(metafields)) {
    const dot = name.indexOf('.');
    const where = { customerId, namespace: name.slice(0, dot), key: name.slice(dot + 1), type: after.type, value: after.value };
    const { count } = before
      ? await tx.db.customerMetafield.updateMany({
          where,
          data: { type: before.type, value: before.value, digest: new Uint8Array(digestOf(before.value)), updatedAt: tx.now },
        })
      : await tx.db.customerMetafield.deleteMany({ where });
    if (count > 0) restored.push(name);
    else kept.push({ field: name, code: CHANGED });
  }
  if (restored.length > 0) tx.emit({ type: 'customer_metafields.updated', customerId, fields: restored });
};

const takeConsents = async (tx: Tx, customer: Customer, consents: Changes['consents'], kept: Kept[]): Promise<void> => {
  for (const [name, { before, after }] of Object.entries(consents)) {
    const channel = name as MarketingChannel;
    const { state } = await consentOf(tx, customer.id, channel);
    const address = contactOf(channel, customer);
    if (state !== after) kept.push({ field: `${channel.toLowerCase()}_marketing`, code: CHANGED });
    else if (address) {
      const optInLevel = before === 'SUBSCRIBED' ? ('UNKNOWN' as const) : null;
      await recordConsent(tx, customer.id, { channel, state: before, optInLevel, occurredAt: tx.now, source: 'IMPORT', detail: 'undo', address });
    }
  }
};

/** Takes opening credit back as a whole. Refuses what the ledger does: CREDIT_USED_UP, AMOUNT_EXCEEDS_CREDIT, CREDIT_EXPIRED, INSUFFICIENT_FUNDS. */
export const takeCreditBack = async (tx: Tx, credits: readonly string[]): Promise<void> => {
  for (const transactionId of credits) {
    const { amountMinor, currency } = await tx.db.storeCreditTransaction.findUniqueOrThrow({
      where: { id: transactionId },
      select: { amountMinor: true, currency: true },
    });
    await reverse(ledgerWithin(tx), { transactionId, amount: { amountMinor, currency }, actor: tx.actor, idempotency: null });
  }
};

const takeCredits = async (tx: Tx, credits: Changes['credits'], kept: Kept[]): Promise<void> => {
  if (credits.length === 0) return;
  try {
    await tx.attempt(() => takeCreditBack(tx, credits));
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    kept.push({ field: 'store_credit', code: error.code });
  }
};

/** Gives a customer back what an import changed of her; answers with what could not be. */
export const restoreCustomer = async (tx: Tx, customerId: string, changes: Changes): Promise<Kept[]> => {
  await tx.db.$queryRaw`select 1 from customer where id = ${customerId}::uuid for no key update`;
  const customer = await tx.db.customer.findUnique({ where: { id: customerId } });
  if (!customer || customer.deletedAt) return [{ field: 'customer', code: 'MERGED_OR_DELETED' }];
  const kept: Kept[] = [];
  const data = await columnsOf(tx, customer, changes, kept);
  const addresses = await takeAddresses(tx, customer, changes.addresses, kept);
  const hasPassword = await takePassword(tx, customerId, changes.password, kept);
  await tx.db.customerExternalId.deleteMany({ where: { customerId, OR: changes.externalIds.map(({ source, value }) => ({ source, value })) } });
  await takeMetafields(tx, customerId, changes.metafields, kept);
  await takeCredits(tx, changes.credits, kept);
  const fields = [
    ...Object.keys(data).filter((name) => !name.endsWith('VerifiedAt')),
    ...(hasPassword ? ['password'] : []),
    ...(changes.externalIds.length > 0 ? ['externalIds'] : []),
    ...(customer.defaultAddressId && addresses.includes(customer.defaultAddressId) ? ['defaultAddress'] : []),
  ];
  const after = fields.length > 0 ? await tx.db.customer.update({ where: { id: customerId }, data: { ...data, updatedAt: tx.now } }) : customer;
  if (fields.length > 0) tx.emit({ type: 'customer.updated', customerId, fields });
  await takeConsents(tx, after, changes.consents, kept);
  return kept;
};
