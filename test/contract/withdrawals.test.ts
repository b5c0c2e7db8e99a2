import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOidcClient } from '../../src/capabilities/oidc-provider/clients.ts';
import { grantScopes } from '../../src/capabilities/oidc-provider/consent.ts';
import { openSession } from '../../src/capabilities/sessions/open.ts';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenSession } from '../support/given.ts';
import { givenProven, mergeInto, undo } from '../support/merging.ts';

/* What a customer allowed and takes back, and what she forbids. */

const CONSENTS = '{ customer { oidcConsents(first: 5) { nodes { clientId clientName scopes } pageInfo { hasNextPage } } } }';
const REVOKE = `mutation ($customerId: ID, $clientId: ID!) { oidcConsentRevoke(customerId: $customerId, clientId: $clientId) {
  revokedClientId userErrors { code field } } }`;
const OPT_OUT = 'mutation ($email: String) { dataSaleOptOut(email: $email) { customerId userErrors { code field message } } }';

describe.each(backends)('what customers take back on $name', (kind) => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await startTestGateway(kind);
  });
  afterAll(() => test.stop());

  const ask = async (token: string, query: string, variables: object = {}) => {
    const { data, errors } = await test.graphql(query, variables, token);
    expect(errors).toBeUndefined();
    return data;
  };
  const givenClient = async (name: string): Promise<{ clientId: string; gid: string }> => {
    const made = await test.app.transact('system', (tx) =>
      createOidcClient(tx, 'CONFIDENTIAL', { name, redirectUris: [`https://${randomUUID()}.example/`], asksConsent: true }),
    );
    return { clientId: made.oidcClientId, gid: `gid://clientele/OidcClient/${made.oidcClientId}` };
  };

  it('is what an application may know: its sessions of hers end, and no others', async () => {
    const { customerId, tokens } = await givenSession(test.app);
    const other = await givenSession(test.app);
    const [forum, games] = [await givenClient('Forum'), await givenClient('Games')];
    const sessions = await test.app.transact('system', async (tx) => {
      for (const { clientId } of [forum, games]) await grantScopes(tx, { customerId, clientId }, ['email', 'openid']);
      await grantScopes(tx, { customerId: other.customerId, clientId: forum.clientId }, ['openid']);
      const device = { address: '127.0.0.1', userAgent: 'test' };
      const opened = [];
      for (const [whose, { clientId }] of [
        [customerId, forum],
        [customerId, games],
        [other.customerId, forum],
      ] as const) {
        const { sessionId } = await openSession(tx, whose, device, 'email_code');
        await tx.db.session.update({ where: { id: sessionId }, data: { clientId } });
        opened.push(sessionId);
      }
      return opened;
    });
    const token = tokens.accessToken;
    const before = (await ask(token, CONSENTS)).customer.oidcConsents;
    expect(before.nodes.map(({ clientName, scopes }: { clientName: string; scopes: string[] }) => [clientName, scopes]).sort()).toEqual([
      ['Forum', ['email', 'openid']],
      ['Games', ['email', 'openid']],
    ]);
    expect((await ask(token, REVOKE, { clientId: forum.gid })).oidcConsentRevoke).toEqual({ revokedClientId: forum.gid, userErrors: [] });
    expect((await ask(token, REVOKE, { clientId: forum.gid })).oidcConsentRevoke.userErrors).toEqual([{ code: 'NOT_FOUND', field: ['clientId'] }]);
    expect((await ask(token, CONSENTS)).customer.oidcConsents.nodes).toEqual([
      { clientId: games.gid, clientName: 'Games', scopes: ['email', 'openid'] },
    ]);
    const rows = await test.app.backend.database.prisma.session.findMany({
      where: { id: { in: sessions } },
      select: { id: true, revokedReason: true },
    });
    expect(sessions.map((id) => rows.find((row) => row.id === id)?.revokedReason)).toEqual(['consent_revoked', null, null]);
    const told = await test.app.backend.database.prisma.outboxEvent.findMany({
      where: { customerId, type: { in: ['oidc_consent.revoked', 'back_channel_logout.requested'] } },
      select: { type: true },
    });
    expect(told.map(({ type }) => type).sort()).toEqual(['back_channel_logout.requested', 'oidc_consent.revoked']);
    // Hers is still good.
    expect((await ask(token, '{ customer { id } }')).customer.id).toContain(customerId);
  });

  it('is the sale of her data, by herself or by staff, and stays so', async () => {
    const { email, gid, tokens } = await givenSession(test.app);
    const read = async () => (await ask(test.staffToken, 'query ($id: ID!) { customer(id: $id) { dataSaleOptOut } }', { id: gid })).customer;
    expect(await read()).toEqual({ dataSaleOptOut: false });
    expect((await ask(tokens.accessToken, OPT_OUT)).dataSaleOptOut).toEqual({ customerId: gid, userErrors: [] });
    expect(await read()).toEqual({ dataSaleOptOut: true });
    expect((await ask(test.staffToken, OPT_OUT, { email: ` ${email.toUpperCase()}` })).dataSaleOptOut).toEqual({ customerId: gid, userErrors: [] });
    const events = await test.app.backend.database.prisma.outboxEvent.count({
      where: { customerId: gid.split('/').at(-1) ?? '', type: 'customer.updated' },
    });
    expect(events).toBe(1);
    expect((await ask(test.staffToken, OPT_OUT, { email: `${randomUUID()}@example.com` })).dataSaleOptOut).toEqual({
      customerId: null,
      userErrors: [{ code: 'FAILED', field: ['email'], message: 'There is no such customer.' }],
    });
    // Naming an address is for staff: the answer would tell who is a customer.
    const other = await givenSession(test.app);
    const named = await test.graphql(OPT_OUT, { email }, other.tokens.accessToken);
    expect(named.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  });

  it('outlives a merge, and is its own profile’s again when that is undone', async () => {
    const [kept, closed] = [await givenProven(test.app), await givenProven(test.app)];
    await ask(test.staffToken, OPT_OUT, { email: closed.email });
    const at = async (id: string) =>
      (await test.app.backend.database.prisma.customer.findUniqueOrThrow({ where: { id }, select: { dataSaleOptOutAt: true } })).dataSaleOptOutAt !==
      null;
    const { mergeId } = await mergeInto(test.app, kept.customerId, closed.customerId);
    expect(await at(kept.customerId)).toBe(true);
    await undo(test.app, mergeId);
    expect([await at(kept.customerId), await at(closed.customerId)]).toEqual([false, true]);
  });
});
