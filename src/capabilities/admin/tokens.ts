import { v7 as uuid } from 'uuid';
import { DomainError } from '../../core/errors.ts';
import { isScope, SCOPES, type Scope } from '../../core/scopes.ts';
import { mintToken, tokenHash } from '../../core/secret.ts';
import type { Tx } from '../../db/transact.ts';
import { plainText } from '../customers/profile.ts';
import { bytes } from '../sessions/open.ts';

export interface StaffTokenInput {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly expiresAt?: Date | null;
}

/** The token itself is shown once; the gateway keeps its hash. */
export interface StaffTokenMade {
  readonly staffTokenId: string;
  readonly token: string;
}

/**
 * Makes a staff token. It can do no more than the one that makes it.
 * Refuses BLANK, TOO_LONG, INVALID_SCOPE, SCOPE_NOT_HELD, EXPIRES_AT_IN_PAST.
 */
export const createStaffToken = async (tx: Tx, input: StaffTokenInput, held: ReadonlySet<Scope>): Promise<StaffTokenMade> => {
  const name = plainText(input.name, ['input', 'name'], 100);
  if (!name) throw new DomainError('BLANK', ['input', 'name']);
  if (input.scopes.length === 0) throw new DomainError('BLANK', ['input', 'scopes']);
  for (const scope of input.scopes) {
    if (!isScope(scope)) throw new DomainError('INVALID_SCOPE', ['input', 'scopes'], { scope: scope.slice(0, 60), scopes: SCOPES.join(', ') });
    if (!held.has(scope)) throw new DomainError('SCOPE_NOT_HELD', ['input', 'scopes'], { scope });
  }
  if (input.expiresAt && input.expiresAt <= tx.now) throw new DomainError('EXPIRES_AT_IN_PAST', ['input', 'expiresAt']);
  return keep(tx, { name, scopes: [...new Set(input.scopes)].sort(), expiresAt: input.expiresAt ?? null });
};

const keep = async (tx: Tx, row: { name: string; scopes: string[]; expiresAt: Date | null }): Promise<StaffTokenMade> => {
  const staffTokenId = uuid();
  const token = mintToken('staff');
  await tx.db.staffToken.create({
    data: { id: staffTokenId, ...row, tokenHash: bytes(tokenHash(token)), hint: token.slice(-4), createdBy: tx.actor, createdAt: tx.now },
    select: { id: true },
  });
  tx.emit({ type: 'staff_token.created', staffTokenId, scopes: row.scopes });
  return { staffTokenId, token };
};

const liveToken = async (tx: Tx, id: string) => {
  await tx.db.$queryRaw`select 1 from staff_token where id = ${id}::uuid for update`;
  const token = await tx.db.staffToken.findFirst({ where: { id, revokedAt: null } });
  if (!token) throw new DomainError('NOT_FOUND', ['id']);
  return token;
};

/** Revokes a token; its subscriptions end within a second. Refuses NOT_FOUND when it is unknown or revoked already. */
export const revokeStaffToken = async (tx: Tx, id: string): Promise<{ staffTokenId: string }> => {
  await liveToken(tx, id);
  await tx.db.staffToken.update({ where: { id }, data: { revokedAt: tx.now }, select: { id: true } });
  tx.emit({ type: 'staff_token.revoked', staffTokenId: id });
  return { staffTokenId: id };
};

/** Replaces a token by a new one of the same name, scopes and expiry, and revokes it. Refuses NOT_FOUND, SCOPE_NOT_HELD. */
export const rotateStaffToken = async (tx: Tx, id: string, held: ReadonlySet<Scope>): Promise<StaffTokenMade> => {
  const { name, scopes, expiresAt } = await liveToken(tx, id);
  const beyond = scopes.find((scope) => !held.has(scope as Scope));
  if (beyond) throw new DomainError('SCOPE_NOT_HELD', ['id'], { scope: beyond });
  await revokeStaffToken(tx, id);
  return keep(tx, { name, scopes, expiresAt });
};

/** Makes ADMIN_TOKEN a staff token with every scope, and revokes the one that an earlier ADMIN_TOKEN made. */
export const bootstrapStaffToken = async (tx: Tx, token: string): Promise<void> => {
  const hash = bytes(tokenHash(token));
  const earlier = await tx.db.staffToken.findMany({ where: { bootstrap: true, revokedAt: null, NOT: { tokenHash: hash } }, select: { id: true } });
  for (const { id } of earlier) await revokeStaffToken(tx, id);
  const row = { name: 'ADMIN_TOKEN', scopes: [...SCOPES], bootstrap: true, revokedAt: null, expiresAt: null, hint: token.slice(-4) };
  await tx.db.staffToken.upsert({
    where: { tokenHash: hash },
    create: { id: uuid(), tokenHash: hash, ...row, createdAt: tx.now },
    update: row,
    select: { id: true },
  });
};
