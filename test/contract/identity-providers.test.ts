import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.ts';
import { createProvider, deleteProvider, updateProvider } from '../../src/capabilities/identity-providers/providers.ts';
import { type ProviderClaims, signInByProvider } from '../../src/capabilities/identity-providers/sign-in.ts';
import { unlinkSubject } from '../../src/capabilities/identity-providers/unlink.ts';
import { backends, openTestApp } from '../support/backends.ts';
import { givenCustomer, openAny, someEmail } from '../support/given.ts';

const GOOGLE = { name: 'Google', issuer: 'https://accounts.google.com', clientId: 'shop', clientSecret: 'not to be read' };

describe.each(backends)('outside identity providers on $name', (kind) => {
  let app: App;
  beforeAll(async () => {
    ({ app } = await openTestApp(kind));
    // A shop has few; those of other tests are not counted against this one's.
    await app.backend.database.prisma.identityProvider.deleteMany();
  });

  const tools = (allowsHttp = false) => ({ keyring: app.keyring, allowsHttp });
  const create = (input: Parameters<typeof createProvider>[2], allowsHttp = false) =>
    app.transact('system', (tx) => createProvider(tx, tools(allowsHttp), input));
  const vouch = (providerId: string, claims: Partial<ProviderClaims>) =>
    app.transact('anonymous', (tx) =>
      signInByProvider(
        tx,
        providerId,
        { subject: randomUUID(), email: null, emailVerified: true, firstName: 'Ida', lastName: 'Holm', locale: 'da', ...claims },
        openAny,
      ),
    );
  const verified = (customerId: string) =>
    app.backend.database.prisma.customer.update({ where: { id: customerId }, data: { emailVerifiedAt: new Date() } });

  it('make a customer of whom they vouch for, and know her again by subject though her address changes', async () => {
    const { providerId } = await create(GOOGLE);
    const subject = randomUUID();
    const first = await vouch(providerId, { subject, email: someEmail() });
    const customer = await app.backend.database.prisma.customer.findUniqueOrThrow({ where: { id: first.customerId } });
    expect(customer).toMatchObject({ firstName: 'Ida', lastName: 'Holm', state: 'ENABLED' });
    expect(customer.emailVerifiedAt).not.toBeNull();
    const again = await vouch(providerId, { subject, email: someEmail(), emailVerified: false });
    expect(again.customerId).toBe(first.customerId);
  });

  it('are tied to a customer only when both sides have proven the address', async () => {
    const { providerId } = await create(GOOGLE);
    const { customerId, email } = await givenCustomer(app);
    await expect(vouch(providerId, { email, emailVerified: false })).rejects.toMatchObject({ code: 'EMAIL_NOT_VERIFIED' });
    await expect(vouch(providerId, { email })).rejects.toMatchObject({ code: 'PROOF_NEEDED' });
    await verified(customerId);
    await expect(vouch(providerId, { email, emailVerified: false })).rejects.toMatchObject({ code: 'EMAIL_NOT_VERIFIED' });
    expect((await vouch(providerId, { email })).customerId).toBe(customerId);
  });

  it('keep subjects of different issuers apart', async () => {
    const one = await create(GOOGLE);
    const other = await create({ ...GOOGLE, issuer: 'https://id.example' });
    const subject = randomUUID();
    const first = await vouch(one.providerId, { subject, email: someEmail() });
    const second = await vouch(other.providerId, { subject, email: someEmail() });
    expect(second.customerId).not.toBe(first.customerId);
  });

  it('tie a subject once when it comes back twice at the same time', async () => {
    const { providerId } = await create(GOOGLE);
    const claims = { subject: randomUUID(), email: someEmail() };
    const answers = await Promise.all(Array.from({ length: 6 }, () => vouch(providerId, claims)));
    expect(new Set(answers.map(({ customerId }) => customerId)).size).toBe(1);
    expect(await app.backend.database.prisma.identityProviderSubject.count({ where: { providerId } })).toBe(1);
  });

  it('let no blocked customer in', async () => {
    const { providerId } = await create(GOOGLE);
    const claims = { subject: randomUUID(), email: someEmail() };
    const { customerId } = await vouch(providerId, claims);
    await app.backend.database.prisma.customer.update({ where: { id: customerId }, data: { blockedAt: new Date() } });
    await expect(vouch(providerId, claims)).rejects.toMatchObject({ code: 'CUSTOMER_DISABLED' });
  });

  it('are untied unless nothing else would let the customer in', async () => {
    const { providerId } = await create(GOOGLE);
    const { customerId } = await vouch(providerId, { email: someEmail() });
    const { prisma } = app.backend.database;
    const { id } = await prisma.identityProviderSubject.findFirstOrThrow({ where: { customerId } });
    const unlink = (who = customerId) => app.transact('system', (tx) => unlinkSubject(tx, who, id));
    const stranger = await givenCustomer(app);
    await expect(unlink(stranger.customerId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const { email } = await prisma.customer.update({ where: { id: customerId }, data: { email: null } });
    expect(email).toBeNull();
    await expect(unlink()).rejects.toMatchObject({ code: 'LAST_WAY_IN' });
    await prisma.customer.update({ where: { id: customerId }, data: { email: someEmail() } });
    expect(await unlink()).toEqual({ deletedId: id });
  });

  it('are kept with their secret sealed, changed and removed', async () => {
    const { prisma } = app.backend.database;
    const { providerId } = await create({ ...GOOGLE, scopes: ['email'] });
    const row = await prisma.identityProvider.findUniqueOrThrow({ where: { id: providerId } });
    expect(row.scopes).toEqual(['openid', 'email']);
    expect(Buffer.from(row.clientSecret ?? []).toString('latin1')).not.toContain(GOOGLE.clientSecret);
    await app.transact('system', (tx) => updateProvider(tx, tools(), providerId, { name: 'G', isEnabled: false }));
    expect(await prisma.identityProvider.findUnique({ where: { id: providerId } })).toMatchObject({
      name: 'G',
      isEnabled: false,
      issuer: GOOGLE.issuer,
    });
    await app.transact('system', (tx) => deleteProvider(tx, providerId));
    await expect(app.transact('system', (tx) => deleteProvider(tx, providerId))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it.each(['http://id.example', 'ftp://id.example', 'https://id.example?x=1', 'https://user@id.example', 'no address'])(
    'are not at %s',
    async (issuer) => {
      await expect(create({ ...GOOGLE, issuer })).rejects.toMatchObject({ code: 'INVALID_ISSUER', field: ['input', 'issuer'] });
    },
  );
});
