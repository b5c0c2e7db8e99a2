import { canonicalEmail } from '../../core/email.ts';
import { DomainError } from '../../core/errors.ts';
import { momentOf } from '../../core/moment.ts';
import { isSameAddress } from '../../core/network.ts';
import type { Keyring } from '../../core/secret.ts';
import type { Tx } from '../../db/transact.ts';
import { findOrCreateByEmail } from '../customers/find-or-create.ts';
import { customerOfEmail } from '../customers/living.ts';
import { secondsAfter } from '../sessions/open.ts';
import { applyPass } from './apply.ts';
import { liveSecrets } from './secrets.ts';
import { type OpenedPass, openPass, type Pass } from './token.ts';

/** How long a token is good for after the moment it names. */
const TOKEN_SECONDS = 15 * 60;
/** How far ahead of ours the clock of the shop's site may be. */
const SKEW_SECONDS = 60;
const IDENTIFIER_CHARACTERS_MAX = 255;

/** The source under which a customer's Multipass identifier is kept among her external ids. */
const SOURCE = 'multipass';

const invalid = (): DomainError => new DomainError('INVALID_MULTIPASS_REQUEST', ['multipassToken']);

const isInTime = ({ created_at }: Pass, now: Date): boolean => {
  const at = momentOf(created_at);
  return at !== null && at <= secondsAfter(now, SKEW_SECONDS) && now < secondsAfter(at, TOKEN_SECONDS);
};

const USE = `
with over as (select hash from multipass_use where expires_at <= $3::text::timestamptz limit 20 for update skip locked),
  swept as (delete from multipass_use u using over o where u.hash = o.hash)
insert into multipass_use (hash, expires_at) values (decode($1::text, 'hex'), $2::text::timestamptz) on conflict do nothing returning 1`;

/** Marks a token as used, for all processes. It is kept for longer than it could be good. */
const useUp = async (tx: Tx, { digest }: OpenedPass): Promise<void> => {
  const until = secondsAfter(tx.now, TOKEN_SECONDS + 2 * SKEW_SECONDS);
  const used = await tx.sql(USE, [digest.toString('hex'), until.toISOString(), tx.now.toISOString()]);
  if (used.length === 0) throw invalid();
};

/**
 * The customer whom a pass means: by its identifier if that is known, who then has the pass's address, else by the address. One who is
 * found by the address takes the identifier over, unless she has another already: two people of the shop's site would be one here.
 */
const identify = async (tx: Tx, email: string, identifier: string | null): Promise<{ customerId: string }> => {
  if (!identifier) return findOrCreateByEmail(tx, email, null);
  const key = { source: SOURCE, value: identifier };
  const linked = await tx.db.customerExternalId.findUnique({
    where: { source_value: key },
    select: { customer: { select: { id: true, email: true } } },
  });
  if (linked) {
    const { id, email: before } = linked.customer;
    // The address of a profile that was merged into hers is hers as it is.
    if (before !== email && (await customerOfEmail(tx, email)) === id) return { customerId: id };
    if (before !== email) await changeAddress(tx, id, email);
    return findOrCreateByEmail(tx, email, null);
  }
  const { customerId } = await findOrCreateByEmail(tx, email, null);
  // Two first sign-ins of one customer take turns here: the second finds what the first has linked.
  await tx.db.$queryRaw`select 1 from customer where id = ${customerId}::uuid for no key update`;
  const other = await tx.db.customerExternalId.findFirst({ where: { customerId, source: SOURCE } });
  if (other && other.value !== identifier) throw invalid();
  if (!other) await tx.db.customerExternalId.create({ data: { ...key, customerId }, select: { value: true } });
  return { customerId };
};

/** The shop's site says that the customer has another address now. Refuses an address that is somebody else's. */
const changeAddress = async (tx: Tx, customerId: string, email: string): Promise<void> => {
  const holder = await tx.db.customer.findUnique({ where: { email }, select: { id: true } });
  if (holder) throw invalid();
  await tx.db.customer.update({ where: { id: customerId }, data: { email, emailVerifiedAt: null, updatedAt: tx.now }, select: { id: true } });
  tx.emit({ type: 'customer.updated', customerId, fields: ['email'] });
};

/**
 * Lets in whomever a Multipass token names: makes the customer or enables her, and takes over what the token says of her. The token is good
 * once, for fifteen minutes, and only from its `remote_ip` if it names one. The caller opens the session, with the method `multipass`,
 * which refuses CUSTOMER_DISABLED for one whom staff have blocked. Refuses INVALID_MULTIPASS_REQUEST whatever is wrong with the token.
 */
export const redeemMultipass = async (
  tx: Tx,
  keyring: Keyring,
  { token, address }: { token: string; address: string | undefined },
): Promise<{ customerId: string; returnTo: string | null }> => {
  const opened = openPass(await liveSecrets(tx.sql, keyring, tx.now), token);
  if (!opened) throw invalid();
  const { pass } = opened;
  const email = canonicalEmail(pass.email);
  const identifier = pass.identifier?.trim() || null;
  if (!email || !isInTime(pass, tx.now) || (identifier && identifier.length > IDENTIFIER_CHARACTERS_MAX)) throw invalid();
  if (pass.remote_ip && !isSameAddress(pass.remote_ip, address)) throw invalid();
  await useUp(tx, opened);
  const { customerId } = await identify(tx, email, identifier);
  const customer = await tx.db.customer.findUniqueOrThrow({ where: { id: customerId }, select: { blockedAt: true } });
  if (customer.blockedAt) throw new DomainError('CUSTOMER_DISABLED');
  await applyPass(tx, customerId, pass);
  return { customerId, returnTo: pass.return_to ?? null };
};
