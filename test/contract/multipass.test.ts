import { createCipheriv, createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.ts';
import { grantByMultipass } from '../../src/capabilities/multipass/grant.ts';
import { redeemMultipass } from '../../src/capabilities/multipass/redeem.ts';
import { createMultipassSecret, revokeMultipassSecret, rotateMultipassSecret } from '../../src/capabilities/multipass/secrets.ts';
import { openPass } from '../../src/capabilities/multipass/token.ts';
import { openStorefrontSession } from '../../src/capabilities/sessions/open.ts';
import { Keyring } from '../../src/core/secret.ts';
import { backends, openTestApp, TEST_SECRET } from '../support/backends.ts';
import { classicOf, givenPassword, useAccounts } from '../support/classic.ts';
import { givenCustomer, someEmail } from '../support/given.ts';

const MINUTE_S = 60;

/** A token as section 3.4 of Shopify's documentation says, with every part to be spoilt. */
const encode = (
  secret: string,
  data: object | string,
  { spoil = (bytes: Buffer) => bytes, isPadded = true }: { spoil?: (bytes: Buffer) => Buffer; isPadded?: boolean } = {},
): string => {
  const key = createHash('sha256').update(secret).digest();
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-128-cbc', key.subarray(0, 16), iv);
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  const sealed = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final()]);
  const token = spoil(Buffer.concat([sealed, createHmac('sha256', key.subarray(16)).update(sealed).digest()]))
    .toString('base64')
    .replaceAll('+', '-')
    .replaceAll('/', '_');
  return isPadded ? token : token.replace(/=+$/, '');
};

describe.each(backends)('Multipass on $name', (kind) => {
  let app: App;
  let secret: string;
  let now = new Date();
  beforeAll(async () => {
    ({ app } = await openTestApp(kind, () => now));
    ({ secret } = await rotate(0));
  });
  const advance = (seconds: number) => {
    now = new Date(now.getTime() + seconds * 1000);
  };
  const rotate = (overlapSeconds: number) => app.transactSql('staff', (tx) => rotateMultipassSecret(tx, app.keyring, overlapSeconds));
  const redeem = (token: string, address: string | undefined = '203.0.113.9', keyring = app.keyring) =>
    app.transact('anonymous', (tx) => redeemMultipass(tx, keyring, { token, address }));
  const pass = (over: object = {}) => ({ email: someEmail(), created_at: now.toISOString(), ...over });
  const customerOf = (customerId: string) =>
    app.backend.database.prisma.customer.findUniqueOrThrow({ where: { id: customerId }, include: { addresses: true, externalIds: true } });
  const refused = (what: Promise<unknown>) => expect(what).rejects.toMatchObject({ code: 'INVALID_MULTIPASS_REQUEST', field: ['multipassToken'] });

  it('makes the customer at the first sign-in and finds her at the next', async () => {
    const email = someEmail();
    const first = await redeem(
      encode(secret, pass({ email: email.toUpperCase(), first_name: 'Ines', last_name: 'Duarte', tag_string: 'vip, b2b ,' })),
    );
    expect(first.returnTo).toBeNull();
    const customer = await customerOf(first.customerId);
    expect(customer).toMatchObject({ email, firstName: 'Ines', lastName: 'Duarte', tags: ['vip', 'b2b'], state: 'ENABLED' });
    expect(customer.emailVerifiedAt).not.toBeNull();
    const second = await redeem(encode(secret, pass({ email, return_to: 'https://shop.example/x' })));
    expect(second).toEqual({ customerId: first.customerId, returnTo: 'https://shop.example/x' });
    expect(await customerOf(first.customerId)).toMatchObject({ firstName: 'Ines', tags: ['vip', 'b2b'] });
    await redeem(encode(secret, pass({ email, tag_string: 'new' })));
    expect(await customerOf(first.customerId)).toMatchObject({ firstName: 'Ines', tags: ['new'] });
  });

  it('takes a token with its padding or without', async () => {
    const lengths = Array.from({ length: 32 }, (_, extra) => pass({ first_name: 'x'.repeat(extra + 1) }));
    for (const isPadded of [true, false]) {
      for (const data of lengths) expect(openPass([secret], encode(secret, data, { isPadded }))?.pass).toMatchObject(data);
      await expect(redeem(encode(secret, pass(), { isPadded }))).resolves.toMatchObject({ customerId: expect.any(String) });
    }
  });

  it('takes a token once, however it is written and however many come at once', async () => {
    const token = encode(secret, pass());
    const writings = [token, token.replace(/=+$/, ''), token, token];
    const answers = await Promise.allSettled(writings.map((written) => redeem(written)));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await refused(redeem(token));
    advance(14 * MINUTE_S);
    await refused(redeem(token));
  });

  it('takes a token for fifteen minutes, and from a clock a minute ahead', async () => {
    const at = (seconds: number) => ({ created_at: new Date(now.getTime() + seconds * 1000).toISOString() });
    await expect(redeem(encode(secret, pass(at(-15 * MINUTE_S + 1))))).resolves.toBeDefined();
    await refused(redeem(encode(secret, pass(at(-15 * MINUTE_S)))));
    await expect(redeem(encode(secret, pass(at(60))))).resolves.toBeDefined();
    await refused(redeem(encode(secret, pass(at(61)))));
    const offset = `${new Date(now.getTime() + 2 * 3_600_000).toISOString().slice(0, -1)}+02:00`;
    await expect(redeem(encode(secret, pass({ created_at: offset })))).resolves.toBeDefined();
    for (const created_at of ['', 'yesterday', null]) await refused(redeem(encode(secret, pass({ created_at }))));
  });

  it('refuses whatever another secret made, was changed on the way, or says nothing', async () => {
    await refused(redeem(encode(randomUUID(), pass())));
    const bytes = Buffer.from(encode(secret, pass()), 'base64url').length;
    for (const place of [0, 15, 16, 40, bytes - 33, bytes - 32, bytes - 1]) {
      const flip = (sealed: Buffer) => {
        sealed.writeUInt8(sealed.readUInt8(place) ^ 1, place);
        return sealed;
      };
      await refused(redeem(encode(secret, pass(), { spoil: flip })));
    }
    await refused(redeem(encode(secret, pass(), { spoil: (sealed) => sealed.subarray(0, -16) })));
    for (const text of ['', '{', '[]', 'null', '{"email":"a@example.com"}']) await refused(redeem(encode(secret, text)));
    await refused(redeem(encode(secret, pass({ email: 'no address' }))));
    for (const token of ['', 'x', '====', '../..', 'A'.repeat(200), 'A'.repeat(20_000)]) await refused(redeem(token));
  });

  it('takes a token with a remote_ip from there alone', async () => {
    const from = (remote_ip: string) => encode(secret, pass({ remote_ip }));
    await expect(redeem(from('198.51.100.7'), '198.51.100.7')).resolves.toBeDefined();
    await expect(redeem(from('198.51.100.7'), '::ffff:198.51.100.7')).resolves.toBeDefined();
    await expect(redeem(from('2001:DB8::0:1'), '2001:db8::1')).resolves.toBeDefined();
    await refused(redeem(from('198.51.100.7'), '198.51.100.8'));
    await refused(redeem(from('2001:db8::1'), '2001:db8::2'));
    await refused(redeem(from('somewhere'), '198.51.100.8'));
    await refused(app.transact('anonymous', (tx) => redeemMultipass(tx, app.keyring, { token: from('198.51.100.7'), address: undefined })));
  });

  it('knows a customer again by her identifier when her address has changed', async () => {
    const identifier = randomUUID();
    const first = await redeem(encode(secret, pass({ identifier })));
    const email = someEmail();
    const second = await redeem(encode(secret, pass({ identifier, email })));
    expect(second.customerId).toBe(first.customerId);
    expect(await customerOf(first.customerId)).toMatchObject({ email, externalIds: [{ source: 'multipass', value: identifier }] });
    const other = await givenCustomer(app);
    await refused(redeem(encode(secret, pass({ identifier, email: other.email }))));
  });

  it('links a customer of that address to the identifier, and never to a second one', async () => {
    const { customerId, email } = await givenCustomer(app);
    const identifier = Math.floor(Math.random() * 1e12);
    await expect(redeem(encode(secret, pass({ email, identifier })))).resolves.toMatchObject({ customerId });
    await refused(redeem(encode(secret, pass({ email, identifier: `${identifier}-other` }))));
    expect(await customerOf(customerId)).toMatchObject({ externalIds: [{ value: String(identifier) }] });
  });

  it('makes one customer of two first sign-ins at once', async () => {
    const [email, identifier] = [someEmail(), randomUUID()];
    const made = await Promise.all(Array.from({ length: 6 }, () => redeem(encode(secret, pass({ email, identifier })))));
    expect(new Set(made.map(({ customerId }) => customerId)).size).toBe(1);
  });

  it('adds addresses, one of them the default, the same ones not twice', async () => {
    const email = someEmail();
    const home = { address1: 'Nørregade 1', city: 'København', country: 'Denmark', zip: '1165', phone: '32 12 34 56', first_name: 'Ines' };
    const work = {
      address1: '123 Oak St',
      city: 'Ottawa',
      country: 'Canada',
      country_code: 'CA',
      province: 'Ontario',
      province_code: 'ON',
      zip: 'K1A0A1',
    };
    const { customerId } = await redeem(encode(secret, pass({ email, addresses: [home, { ...work, default: true }] })));
    const customer = await customerOf(customerId);
    expect(customer.addresses).toHaveLength(2);
    const ottawa = customer.addresses.find(({ city }) => city === 'Ottawa');
    expect(ottawa).toMatchObject({ territoryCode: 'CA', zoneCode: 'ON' });
    expect(customer.addresses.find(({ city }) => city === 'København')).toMatchObject({
      territoryCode: 'DK',
      phoneNumber: '+4532123456',
      firstName: 'Ines',
    });
    expect(customer.defaultAddressId).toBe(ottawa?.id);
    await redeem(encode(secret, pass({ email, addresses: [{ ...home, default: true }, work] })));
    const again = await customerOf(customerId);
    expect(again.addresses).toHaveLength(2);
    expect(again.defaultAddressId).toBe(again.addresses.find(({ city }) => city === 'København')?.id);
  });

  it('lets in whose name or address cannot be kept, without them', async () => {
    const addresses = [
      { address1: 'Nowhere 1', country_code: 'XX' },
      { address1: 'Somewhere 2', city: 'Oslo', country_code: 'NO' },
    ];
    const { customerId } = await redeem(encode(secret, pass({ first_name: '<b>Ines</b>', last_name: 'Duarte', addresses })));
    const customer = await customerOf(customerId);
    expect(customer).toMatchObject({ firstName: null, lastName: 'Duarte' });
    expect(customer.addresses.map(({ city }) => city)).toEqual(['Oslo']);
  });

  it('enables a customer who was disabled, but lets in nobody whom staff have blocked', async () => {
    const disabled = await givenCustomer(app);
    await expect(redeem(encode(secret, pass({ email: disabled.email })))).resolves.toMatchObject({ customerId: disabled.customerId });
    expect(await customerOf(disabled.customerId)).toMatchObject({ state: 'ENABLED' });
    const blocked = await givenCustomer(app);
    await app.backend.database.prisma.customer.update({ where: { id: blocked.customerId }, data: { blockedAt: now } });
    await expect(redeem(encode(secret, pass({ email: blocked.email, first_name: 'X' })))).rejects.toMatchObject({ code: 'CUSTOMER_DISABLED' });
    expect(await customerOf(blocked.customerId)).toMatchObject({ firstName: 'Test', state: 'DISABLED' });
  });

  it('unverified account’s password cleared on adoption by Multipass', async () => {
    await useAccounts(app, 'CLASSIC');
    const { email, password } = await givenPassword(app);
    await classicOf(app).signIn(email, password);
    await redeem(encode(secret, pass({ email })));
    await expect(classicOf(app).signIn(email, password)).rejects.toMatchObject({ code: 'UNIDENTIFIED_CUSTOMER' });
    await useAccounts(app, 'NEW_CUSTOMER_ACCOUNTS');
  });

  it('is a grant for OpenID clients: a session of that client’s', async () => {
    const device = { address: '203.0.113.9', userAgent: 'test' };
    const grant = (assertion: string) =>
      app.transact('anonymous', (tx) => grantByMultipass(tx, app.keyring, { assertion, device, clientId: 'shop' }));
    const token = encode(secret, pass());
    const { customerId, session } = await grant(token);
    expect(await app.authenticate(session.accessToken)).toMatchObject({ kind: 'customer', customerId });
    expect(await app.backend.database.prisma.session.findUniqueOrThrow({ where: { id: session.sessionId } })).toMatchObject({
      method: 'multipass',
      clientId: 'shop',
    });
    await refused(grant(token));
  });

  it('opens sessions of the storefront by the same verb', async () => {
    const opened = await app.transact('anonymous', async (tx) => {
      const { customerId } = await redeemMultipass(tx, app.keyring, { token: encode(secret, pass()), address: undefined });
      return openStorefrontSession(tx, customerId, { address: undefined, userAgent: null }, 'multipass');
    });
    expect(await app.authenticate(opened.accessToken)).toMatchObject({ kind: 'customer' });
  });

  describe('its secrets', () => {
    it('are kept sealed, and open with a key that was put in front', async () => {
      const rows = await app.backend.database.sql<{ whole: string }>('select s::text as whole from multipass_secret s', []);
      for (const { whole } of rows) expect(whole).not.toContain(Buffer.from(secret).toString('hex'));
      const rotated = new Keyring(['the new key, long enough to be one', TEST_SECRET]);
      await expect(redeem(encode(secret, pass()), undefined, rotated)).resolves.toBeDefined();
    });

    it('verify beside each other, for the overlap of a rotation and no longer', async () => {
      const first = secret;
      const { secret: second } = await app.transactSql('staff', (tx) => createMultipassSecret(tx, app.keyring));
      const { secret: third } = await rotate(600);
      for (const good of [first, second, third]) await expect(redeem(encode(good, pass()))).resolves.toBeDefined();
      advance(600);
      for (const old of [first, second]) await refused(redeem(encode(old, pass())));
      await expect(redeem(encode(third, pass()))).resolves.toBeDefined();
      ({ secret } = await rotate(0));
      await refused(redeem(encode(third, pass())));
      await expect(redeem(encode(secret, pass()))).resolves.toBeDefined();
    });

    it('end at once when revoked', async () => {
      const made = await app.transactSql('staff', (tx) => createMultipassSecret(tx, app.keyring));
      const revoke = () => app.transactSql('staff', (tx) => revokeMultipassSecret(tx, made.multipassSecretId));
      await revoke();
      await refused(redeem(encode(made.secret, pass())));
      await expect(revoke()).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(redeem(encode(secret, pass()))).resolves.toBeDefined();
    });

    it('are ten at most at once, also when many are made at once', async () => {
      const made = await Promise.allSettled(
        Array.from({ length: 14 }, () => app.transactSql('staff', (tx) => createMultipassSecret(tx, app.keyring))),
      );
      expect(made.filter(({ status }) => status === 'fulfilled').length).toBe(9);
      ({ secret } = await rotate(0));
    });
  });
});
