import { beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.ts';
import {
  createOidcClient,
  deleteOidcClient,
  type OidcClientInput,
  rotateOidcClientSecret,
  updateOidcClient,
} from '../../src/capabilities/oidc-provider/clients.ts';
import { openSession } from '../../src/capabilities/sessions/open.ts';
import { tokenHash } from '../../src/core/secret.ts';
import type { Tx } from '../../src/db/transact.ts';
import { backends, openTestApp } from '../support/backends.ts';
import { givenCustomer } from '../support/given.ts';

const GOOD: OidcClientInput = { name: 'Storefront', redirectUris: ['https://shop.example/callback'] };

describe.each(backends)('OpenID clients on $name', (kind) => {
  let app: App;
  beforeAll(async () => {
    ({ app } = await openTestApp(kind));
  });
  const run = <Result>(verb: (tx: Tx) => Promise<Result>): Promise<Result> => app.transact('system', verb);
  const create = (input: OidcClientInput) => run((tx) => createOidcClient(tx, 'CONFIDENTIAL', { ...GOOD, ...input }));
  const rowOf = (id: string) => app.backend.database.prisma.oidcClient.findUniqueOrThrow({ where: { id } });

  it('show their secret once and are kept with its hash; public ones have none', async () => {
    const { oidcClientId, clientSecret } = await create({});
    const row = await rowOf(oidcClientId);
    expect(clientSecret).toMatch(/^clt_cs_[\w-]{43}$/);
    expect(Buffer.from(row.secretHash ?? [])).toEqual(tokenHash(clientSecret ?? ''));
    expect(row.secretHint).toBe(clientSecret?.slice(-4));
    const open = await run((tx) => createOidcClient(tx, 'PUBLIC', GOOD));
    expect(open.clientSecret).toBeNull();
    expect(await rowOf(open.oidcClientId)).toMatchObject({ type: 'PUBLIC', secretHash: null, secretHint: null });
    await expect(run((tx) => rotateOidcClientSecret(tx, open.oidcClientId))).rejects.toMatchObject({ code: 'PUBLIC_CLIENT_HAS_NO_SECRET' });
  });

  it('get another secret', async () => {
    const { oidcClientId, clientSecret } = await create({});
    const next = await run((tx) => rotateOidcClientSecret(tx, oidcClientId));
    expect(next.clientSecret).not.toBe(clientSecret);
    expect(Buffer.from((await rowOf(oidcClientId)).secretHash ?? [])).toEqual(tokenHash(next.clientSecret ?? ''));
  });

  it.each([
    ['no name', { name: ' ' }, 'BLANK'],
    ['no address to come back to', { redirectUris: [] }, 'BLANK'],
    ['http', { redirectUris: ['http://shop.example/callback'] }, 'INVALID'],
    ['this machine', { redirectUris: ['https://localhost/callback'] }, 'INVALID'],
    ['this machine by number', { redirectUris: ['https://127.0.0.1:3000/callback'] }, 'INVALID'],
    ['a fragment', { redirectUris: ['https://shop.example/#a'] }, 'INVALID'],
    ['a wildcard', { redirectUris: ['https://*.shop.example/'] }, 'INVALID'],
    ['a name and password', { redirectUris: ['https://shop.example@evil.example/'] }, 'INVALID'],
    ['a path', { redirectUris: ['/callback'] }, 'INVALID'],
    ['a script', { redirectUris: ['javascript:alert(1)'] }, 'INVALID'],
    ['a scheme that is nobody’s own', { redirectUris: ['shop://callback'] }, 'INVALID'],
    ['too many', { redirectUris: Array.from({ length: 21 }, (_, index) => `https://shop.example/${index}`) }, 'TOO_MANY'],
    ['an origin with a path', { allowedOrigins: ['https://shop.example/'] }, 'INVALID'],
    ['a logout address over http', { backchannelLogoutUri: 'http://shop.example/logout' }, 'INVALID'],
    ['a logout address of an app', { backchannelLogoutUri: 'com.example.shop://logout' }, 'INVALID'],
  ])('are refused with %s', async (_what, input, code) => {
    await expect(create(input)).rejects.toMatchObject({ code });
  });

  it('may be of an app, and in development of this machine', async () => {
    await create({ redirectUris: ['com.example.shop://callback', 'shop.6.app:/callback'] });
    const local = { redirectUris: ['http://localhost:3000/callback'], allowedOrigins: ['http://localhost:3000'], development: true };
    const { oidcClientId } = await create(local);
    await expect(run((tx) => updateOidcClient(tx, oidcClientId, { development: false }))).rejects.toMatchObject({
      code: 'INVALID',
      field: ['input', 'redirectUris', '0'],
      params: { detail: 'INSECURE_URI' },
    });
  });

  it('change in what is named, and keep the rest', async () => {
    const { oidcClientId } = await create({ backchannelLogoutUri: 'https://shop.example/logout' });
    await run((tx) => updateOidcClient(tx, oidcClientId, { name: 'New name', asksConsent: true }));
    expect(await rowOf(oidcClientId)).toMatchObject({ name: 'New name', asksConsent: true, backchannelLogoutUri: 'https://shop.example/logout' });
    await run((tx) => updateOidcClient(tx, oidcClientId, { backchannelLogoutUri: null }));
    expect((await rowOf(oidcClientId)).backchannelLogoutUri).toBeNull();
  });

  it('take their sessions with them', async () => {
    const { oidcClientId } = await create({});
    const { customerId } = await givenCustomer(app);
    const device = { address: undefined, userAgent: null };
    const theirs = await run((tx) => openSession(tx, customerId, device, 'email_code', oidcClientId));
    const other = await run((tx) => openSession(tx, customerId, device, 'email_code'));
    await run((tx) => deleteOidcClient(tx, oidcClientId));
    expect(await app.authenticate(theirs.accessToken)).toMatchObject({ kind: 'anonymous' });
    expect(await app.authenticate(other.accessToken)).toMatchObject({ kind: 'customer' });
    await expect(run((tx) => deleteOidcClient(tx, oidcClientId))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
