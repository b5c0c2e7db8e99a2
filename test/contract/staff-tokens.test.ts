import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.ts';
import { bootstrapStaffToken, createStaffToken, revokeStaffToken, rotateStaffToken } from '../../src/capabilities/admin/tokens.ts';
import { authenticating } from '../../src/capabilities/sessions/authenticate.ts';
import { SCOPES, type Scope } from '../../src/core/scopes.ts';
import type { Tx } from '../../src/db/transact.ts';
import { backends, openTestApp } from '../support/backends.ts';

describe.each(backends)('staff tokens on $name', (kind) => {
  let app: App;
  beforeAll(async () => {
    ({ app } = await openTestApp(kind));
  });
  const run = <Result>(verb: (tx: Tx) => Promise<Result>): Promise<Result> => app.transact('system', verb);
  const all: ReadonlySet<Scope> = new Set(SCOPES);
  const viewerOf = (token: string) => authenticating(app.backend.database, () => new Date())(token);

  it('do what they were made for, and are kept as hashes', async () => {
    const { token, staffTokenId } = await run((tx) => createStaffToken(tx, { name: 'Checkout', scopes: ['store_credit:write'] }, all));
    expect(await viewerOf(token)).toMatchObject({ kind: 'staff', tokenId: staffTokenId, scopes: new Set(['store_credit:write']) });
    const row = await app.backend.database.prisma.staffToken.findUniqueOrThrow({ where: { id: staffTokenId } });
    expect(Buffer.from(row.tokenHash).toString('latin1')).not.toContain(token);
    expect(row.hint).toBe(token.slice(-4));
  });

  it('cannot give more than they have', async () => {
    const held: ReadonlySet<Scope> = new Set(['staff:write', 'customers:read']);
    await expect(run((tx) => createStaffToken(tx, { name: 'More', scopes: ['customers:write'] }, held))).rejects.toMatchObject({
      code: 'SCOPE_NOT_HELD',
    });
    const strong = await run((tx) => createStaffToken(tx, { name: 'Strong', scopes: ['store_credit:write'] }, all));
    await expect(run((tx) => rotateStaffToken(tx, strong.staffTokenId, held))).rejects.toMatchObject({ code: 'SCOPE_NOT_HELD' });
  });

  it.each([
    ['no name', { name: ' ', scopes: ['customers:read'] }, 'BLANK'],
    ['no scopes', { name: 'x', scopes: [] }, 'BLANK'],
    ['a scope that is none', { name: 'x', scopes: ['root'] }, 'INVALID_SCOPE'],
    ['an expiry that has passed', { name: 'x', scopes: ['customers:read'], expiresAt: new Date(0) }, 'EXPIRES_AT_IN_PAST'],
  ])('are refused with %s', async (_what, input, code) => {
    await expect(run((tx) => createStaffToken(tx, input, all))).rejects.toMatchObject({ code });
  });

  it('stop when revoked, when rotated and when they run out', async () => {
    const made = await run((tx) =>
      createStaffToken(tx, { name: 'Rotated', scopes: ['customers:read'], expiresAt: new Date(Date.now() + 60_000) }, all),
    );
    const next = await run((tx) => rotateStaffToken(tx, made.staffTokenId, all));
    expect(await viewerOf(made.token)).toMatchObject({ rejectedToken: true });
    expect(await viewerOf(next.token)).toMatchObject({ kind: 'staff' });
    expect(await authenticating(app.backend.database, () => new Date(Date.now() + 61_000))(next.token)).toMatchObject({ rejectedToken: true });
    await run((tx) => revokeStaffToken(tx, next.staffTokenId));
    expect(await viewerOf(next.token)).toMatchObject({ rejectedToken: true });
    await expect(run((tx) => revokeStaffToken(tx, next.staffTokenId))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('follow ADMIN_TOKEN: a new one replaces the old, the same one stays', async () => {
    const [first, second] = [randomUUID(), randomUUID()];
    await run((tx) => bootstrapStaffToken(tx, first));
    await run((tx) => bootstrapStaffToken(tx, first));
    expect(await viewerOf(first)).toMatchObject({ scopes: all });
    await run((tx) => bootstrapStaffToken(tx, second));
    expect(await viewerOf(first)).toMatchObject({ rejectedToken: true });
    expect(await viewerOf(second)).toMatchObject({ scopes: all });
  });
});
