import { v7 as uuid } from 'uuid';
import { canonicalEmail, inboxOf } from '../../core/email.ts';
import { DomainError } from '../../core/errors.ts';
import type { SqlTx } from '../../db/transact.ts';
import { canonicalPhone } from '../customers/phone.ts';
import { hashOf } from './key-hash.ts';
import { callKey, homeKey, mailKey } from './keys.ts';
import { profileOf } from './profile.ts';

/** One of the three. An e-mail value may be an address, `noreply@` for every host, or `@host` for every address there. */
export interface SharedValueInput {
  readonly email?: string | null;
  readonly phone?: string | null;
  readonly address?: { readonly address1: string; readonly zip: string } | null;
}

interface SharedValue {
  readonly kind: 'ADDRESS' | 'EMAIL' | 'PHONE';
  /** In the matcher's normal form. */
  readonly value: string;
  readonly label: string;
  /** The index key of who has it; null for patterns, which customers are looked through for. */
  readonly key: string | null;
}

const CHARACTERS_MAX = 255;

const given = (text: string, field: readonly string[]): string => {
  const trimmed = text.trim();
  if (trimmed === '') throw new DomainError('BLANK', field);
  if (trimmed.length > CHARACTERS_MAX) throw new DomainError('TOO_LONG', field, { max: CHARACTERS_MAX });
  return trimmed;
};

const emailValue = (text: string): SharedValue => {
  const field = ['input', 'email'];
  const label = given(text, field);
  const isPattern = label.startsWith('@') || label.endsWith('@');
  const whole = label.startsWith('@') ? `a${label}` : label.endsWith('@') ? `${label}a.example` : label;
  const email = canonicalEmail(whole);
  if (!email) throw new DomainError('INVALID', field, { detail: 'INVALID_EMAIL' });
  if (!isPattern) return { kind: 'EMAIL', value: inboxOf(email), label, key: mailKey(inboxOf(email)) };
  const at = email.lastIndexOf('@');
  return { kind: 'EMAIL', value: label.startsWith('@') ? email.slice(at) : email.slice(0, at + 1), label, key: null };
};

const phoneValue = (text: string): SharedValue => {
  const field = ['input', 'phone'];
  const label = given(text, field);
  const phone = canonicalPhone(label);
  if (!phone) throw new DomainError('INVALID', field, { detail: 'INVALID_PHONE' });
  const value = phone.replaceAll(/\D/g, '');
  return { kind: 'PHONE', value, label, key: callKey(value) };
};

const addressValue = ({ address1, zip }: { address1: string; zip: string }): SharedValue => {
  const label = `${given(address1, ['input', 'address', 'address1'])}, ${given(zip, ['input', 'address', 'zip'])}`;
  const nobody = { firstName: null, lastName: null, email: null, phone: null, birthDate: null };
  const [place] = profileOf({ ...nobody, addresses: [{ address1, zip, address2: null, city: null, zoneCode: null }] }).places;
  // Without a number it is a street, and a street's name counts by its frequency anyway.
  if (!place?.street || !place.number) throw new DomainError('INVALID', ['input', 'address', 'address1']);
  if (!place.zip) throw new DomainError('INVALID', ['input', 'address', 'zip']);
  const value = homeKey(place.zip, place.number, place.street);
  return { kind: 'ADDRESS', value, label, key: value };
};

const sharedValueOf = ({ email, phone, address }: SharedValueInput): SharedValue => {
  if (email != null) return emailValue(email);
  if (phone != null) return phoneValue(phone);
  if (address != null) return addressValue(address);
  throw new DomainError('BLANK', ['input']);
};

const BLOCK = `
insert into duplicate_shared_value (id, kind, value, label, created_by, created_at)
values ($1::text::uuid, $2::text::duplicate_shared_kind, $3::text, $4::text, $5::text, $6::text::timestamptz)
on conflict (kind, value) do nothing returning id::text`;

const FIND = 'select id::text from duplicate_shared_value where kind = $1::text::duplicate_shared_kind and value = $2::text';

const UNBLOCK = 'delete from duplicate_shared_value where id = $1::text::uuid returning kind::text, value';

const AGAIN_BY_KEY = 'insert into duplicate_change (customer_id) select customer_id from duplicate_key where key = $1::text::bigint';

/** Tags after a plus belong to the same inbox. */
const AGAIN_BY_EMAIL = `
insert into duplicate_change (customer_id) select id from customer
where case when starts_with($1::text, '@') then right(email, length($1::text)) = $1::text
  else starts_with(email, $1::text) or starts_with(email, left($1::text, -1) || '+') end`;

/** Has everybody who has the value compared again. */
const compareAgain = async ({ sql }: SqlTx, value: string, key: string | null): Promise<void> => {
  await (key === null ? sql(AGAIN_BY_EMAIL, [value]) : sql(AGAIN_BY_KEY, [hashOf(key)]));
};

/**
 * Says that a value tells nobody apart: a company's phone, noreply@. It counts for nothing from now on, and whoever has it is compared again.
 * The same again changes nothing. Refuses BLANK, INVALID, TOO_LONG.
 */
export const blockSharedValue = async (tx: SqlTx, input: SharedValueInput): Promise<{ sharedValueId: string }> => {
  const { kind, value, label, key } = sharedValueOf(input);
  const [made] = await tx.sql<{ id: string }>(BLOCK, [uuid(), kind, value, label, tx.actor, tx.now.toISOString()]);
  if (!made) {
    const [found] = await tx.sql<{ id: string }>(FIND, [kind, value]);
    if (!found) throw new Error('A shared value was neither there nor could be made');
    return { sharedValueId: found.id };
  }
  await compareAgain(tx, value, key);
  tx.emit({ type: 'duplicate_shared_value.blocked', sharedValueId: made.id });
  return { sharedValueId: made.id };
};

/** Takes that back. Refuses NOT_FOUND. */
export const unblockSharedValue = async (tx: SqlTx, id: string): Promise<{ sharedValueId: string }> => {
  const [gone] = await tx.sql<{ kind: string; value: string }>(UNBLOCK, [id]);
  if (!gone) throw new DomainError('NOT_FOUND', ['id']);
  const isPattern = gone.value.startsWith('@') || gone.value.endsWith('@');
  const keyOf = { EMAIL: isPattern ? null : mailKey(gone.value), PHONE: callKey(gone.value), ADDRESS: gone.value };
  await compareAgain(tx, gone.value, keyOf[gone.kind as keyof typeof keyOf]);
  tx.emit({ type: 'duplicate_shared_value.unblocked', sharedValueId: id });
  return { sharedValueId: id };
};
