import { beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.ts';
import { createAddress } from '../../src/capabilities/addresses/create.ts';
import { deleteAddress } from '../../src/capabilities/addresses/delete.ts';
import { updateAddress } from '../../src/capabilities/addresses/update.ts';
import { createCustomer } from '../../src/capabilities/customers/create.ts';
import { deleteCustomer } from '../../src/capabilities/customers/delete.ts';
import { setCustomer } from '../../src/capabilities/customers/set.ts';
import { updateCustomer } from '../../src/capabilities/customers/update.ts';
import { once, unpack } from '../../src/db/idempotency.ts';
import type { Tx } from '../../src/db/transact.ts';
import { backends, openTestApp } from '../support/backends.ts';
import { givenCustomer, givenSession, someEmail } from '../support/given.ts';

describe.each(backends)('customers on $name', (kind) => {
  let app: App;
  beforeAll(async () => {
    ({ app } = await openTestApp(kind));
  });
  const run = <Result>(verb: (tx: Tx) => Promise<Result>): Promise<Result> => app.transact('system', verb);
  const rowOf = (id: string) =>
    app.backend.database.prisma.customer.findUniqueOrThrow({ where: { id }, include: { addresses: { orderBy: { id: 'asc' } } } });

  it('keep canonical forms', async () => {
    const email = someEmail();
    const { customerId } = await run((tx) =>
      createCustomer(tx, {
        firstName: '  Zoe\u0308 ',
        email: ` ${email.toUpperCase()} `,
        phone: '+45 32 12 34 56',
        locale: 'pt_br',
        tags: ['VIP', 'vip', ' new '],
        birthDate: new Date('1990-02-28T00:00:00Z'),
      }),
    );
    expect(await rowOf(customerId)).toMatchObject({
      firstName: 'Zoë',
      email,
      phone: '+4532123456',
      locale: 'pt-BR',
      tags: ['VIP', 'new'],
      state: 'DISABLED',
    });
    await run((tx) => updateCustomer(tx, customerId, { phone: null }));
  });

  it('are one for each e-mail address, also under races', async () => {
    const email = someEmail();
    const made = await Promise.allSettled(Array.from({ length: 12 }, () => run((tx) => createCustomer(tx, { firstName: 'Race', email }))));
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const attempt of made) if (attempt.status === 'rejected') expect(attempt.reason).toMatchObject({ code: 'TAKEN', field: ['input', 'email'] });
    expect(await app.backend.database.prisma.customer.count({ where: { email } })).toBe(1);
  });

  it.each([
    ['nothing at all', {}, 'MISSING_FIELD_REQUIRED', ['input']],
    ['an e-mail address that is none', { email: 'anna' }, 'INVALID', ['input', 'email']],
    ['a phone number that is none', { phone: '12' }, 'INVALID', ['input', 'phone']],
    ['markup in a name', { firstName: '<b>Anna</b>' }, 'CONTAINS_HTML_TAGS', ['input', 'firstName']],
    ['a web address in a name', { lastName: 'win at https://x.example' }, 'CONTAINS_URL', ['input', 'lastName']],
    ['a name that is too long', { firstName: 'x'.repeat(256) }, 'TOO_LONG', ['input', 'firstName']],
    ['a birth date to come', { firstName: 'A', birthDate: new Date(Date.now() + 86_400_000) }, 'INVALID', ['input', 'birthDate']],
    ['a locale that is none', { firstName: 'A', locale: '!!' }, 'INVALID', ['input', 'locale']],
    ['too many tags', { firstName: 'A', tags: Array.from({ length: 251 }, (_, index) => `t${index}`) }, 'TOO_MANY', ['input', 'tags']],
    ['a note that is too long', { firstName: 'A', note: 'x'.repeat(5001) }, 'TOO_LONG', ['input', 'note']],
  ])('refuse %s', async (_what, input, code, field) => {
    await expect(run((tx) => createCustomer(tx, input))).rejects.toMatchObject({ code, field });
  });

  it('change what is named and nothing else, and tell of it once', async () => {
    const { customerId, email } = await givenCustomer(app, { tags: ['a'] });
    await run((tx) => updateCustomer(tx, customerId, { firstName: 'New', tags: ['a'] }));
    expect(await rowOf(customerId)).toMatchObject({ firstName: 'New', lastName: 'Customer', email, tags: ['a'] });
    await run((tx) => updateCustomer(tx, customerId, { firstName: 'New' }));
    const events = await app.backend.database.prisma.outboxEvent.findMany({ where: { customerId, type: 'customer.updated' } });
    expect(events.map(({ payload }) => (payload as { fields: string[] }).fields)).toEqual([['firstName']]);
  });

  it('cannot take what another has', async () => {
    const [one, two] = [await givenCustomer(app), await givenCustomer(app)];
    await expect(run((tx) => updateCustomer(tx, one.customerId, { email: two.email }))).rejects.toMatchObject({ code: 'TAKEN' });
    await expect(run((tx) => updateCustomer(tx, one.customerId, { email: one.email.toUpperCase() }))).resolves.toBeTruthy();
  });

  describe('set', () => {
    it('creates, then updates the same by e-mail, and replaces lists', async () => {
      const email = someEmail();
      const first = await run((tx) =>
        setCustomer(tx, { email }, { firstName: 'Set', tags: ['a'], addresses: [{ city: 'Odense', territoryCode: 'DK' }] }),
      );
      const second = await run((tx) =>
        setCustomer(tx, null, {
          email,
          tags: ['b'],
          addresses: [
            { city: 'Aarhus', territoryCode: 'DNK' },
            { city: 'Odense', territoryCode: 'DK' },
          ],
        }),
      );
      expect(second.customerId).toBe(first.customerId);
      const row = await rowOf(first.customerId);
      expect(row.tags).toEqual(['b']);
      expect(row.addresses.map(({ city }) => city).sort()).toEqual(['Aarhus', 'Odense']);
      expect(row.addresses.find(({ id }) => id === row.defaultAddressId)?.city).toBe('Aarhus');
    });

    it('refuses an id that nobody has and an identifier that contradicts', async () => {
      await expect(run((tx) => setCustomer(tx, { id: '00000000-0000-7000-8000-00000000dead' }, { firstName: 'X' }))).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
      await expect(run((tx) => setCustomer(tx, { email: someEmail() }, { email: someEmail() }))).rejects.toMatchObject({ code: 'INPUT_MISMATCH' });
    });
  });

  it('vanish whole when deleted: identities, addresses and sessions go', async () => {
    const { customerId, email } = await givenSession(app);
    await run((tx) => createAddress(tx, customerId, { city: 'Odense' }, true));
    await run((tx) => deleteCustomer(tx, customerId));
    const { prisma } = app.backend.database;
    expect(await prisma.customer.count({ where: { OR: [{ id: customerId }, { email }] } })).toBe(0);
    expect(await prisma.session.count({ where: { customerId } })).toBe(0);
    expect(await prisma.address.count({ where: { customerId } })).toBe(0);
    await expect(run((tx) => deleteCustomer(tx, customerId))).rejects.toMatchObject({ code: 'CUSTOMER_DOES_NOT_EXIST' });
  });

  describe('addresses', () => {
    it('make the first one the default and keep the rules of the default', async () => {
      const { customerId } = await givenCustomer(app);
      const first = await run((tx) => createAddress(tx, customerId, { address1: 'Vej 1', city: 'Odense', territoryCode: 'DK' }, false));
      const second = await run((tx) => createAddress(tx, customerId, { address1: 'Vej 2', city: 'Odense', territoryCode: '208' }, false));
      expect((await rowOf(customerId)).defaultAddressId).toBe(first.addressId);
      await expect(run((tx) => deleteAddress(tx, customerId, first.addressId))).rejects.toMatchObject({
        code: 'DELETING_CUSTOMER_DEFAULT_ADDRESS_NOT_ALLOWED',
      });
      await expect(run((tx) => updateAddress(tx, customerId, first.addressId, {}, false))).rejects.toMatchObject({
        code: 'DEMOTING_CUSTOMER_DEFAULT_ADDRESS_NOT_ALLOWED',
      });
      await run((tx) => updateAddress(tx, customerId, second.addressId, { zip: '5000' }, true));
      expect(await rowOf(customerId)).toMatchObject({ defaultAddressId: second.addressId });
      await run((tx) => deleteAddress(tx, customerId, first.addressId));
      await run((tx) => deleteAddress(tx, customerId, second.addressId));
      expect(await rowOf(customerId)).toMatchObject({ defaultAddressId: null, addresses: [] });
    });

    it.each([
      ['an address that is there, whatever its case', { address1: 'vej  1', city: 'ODENSE' }, 'CUSTOMER_ADDRESS_ALREADY_EXISTS'],
      ['an empty address', { city: ' ' }, 'ADDRESS_ARGUMENT_EMPTY'],
      ['a country that is none', { city: 'X', territoryCode: 'XX' }, 'INVALID_TERRITORY_CODE'],
      ['a phone number that is none', { city: 'X', territoryCode: 'DK', phoneNumber: '1' }, 'PHONE_NUMBER_NOT_VALID'],
      ['markup', { city: '<i>X</i>' }, 'CONTAINS_HTML_TAGS'],
    ])('refuse %s', async (_what, input, code) => {
      const { customerId } = await givenCustomer(app);
      await run((tx) => createAddress(tx, customerId, { address1: 'Vej 1', city: 'Odense' }, false));
      await expect(run((tx) => createAddress(tx, customerId, input, false))).rejects.toMatchObject({ code });
    });

    it('read a national phone number by the address’s country', async () => {
      const { customerId } = await givenCustomer(app);
      const { addressId } = await run((tx) =>
        createAddress(tx, customerId, { city: 'Odense', territoryCode: 'DK', phoneNumber: '32 12 34 56' }, false),
      );
      expect(await app.backend.database.prisma.address.findUniqueOrThrow({ where: { id: addressId } })).toMatchObject({ phoneNumber: '+4532123456' });
    });

    it('cannot be reached through another customer', async () => {
      const [one, two] = [await givenCustomer(app), await givenCustomer(app)];
      const { addressId } = await run((tx) => createAddress(tx, one.customerId, { city: 'Odense' }, false));
      await expect(run((tx) => updateAddress(tx, two.customerId, addressId, { city: 'X' }, null))).rejects.toMatchObject({
        code: 'ADDRESS_ID_DOES_NOT_EXIST',
      });
      await expect(run((tx) => deleteAddress(tx, two.customerId, addressId))).rejects.toMatchObject({ code: 'ADDRESS_ID_DOES_NOT_EXIST' });
    });
  });

  describe('a mutation that is sent again', () => {
    const request = (key: string, fingerprint = 'same') => ({ scope: 'test', key, fingerprint: Buffer.from(fingerprint) });
    const runOnce = async <Result extends object>(asked: Parameters<typeof once>[1], verb: (tx: Tx) => Promise<Result>): Promise<Result> =>
      unpack(await run((tx) => once(tx, asked, () => verb(tx))));

    it('has one effect and one answer, twenty times at once', async () => {
      const email = someEmail();
      const answers = await Promise.all(Array.from({ length: 20 }, () => runOnce(request(email), (tx) => createCustomer(tx, { email }))));
      expect(new Set(answers.map(({ customerId }) => customerId)).size).toBe(1);
      expect(await app.backend.database.prisma.customer.count({ where: { email } })).toBe(1);
    });

    it('stays refused when it was refused, and leaves nothing of the refused attempt', async () => {
      const key = someEmail();
      const other = someEmail();
      const attempt = () =>
        runOnce(request(key), async (tx) => {
          await createCustomer(tx, { email: other });
          return createCustomer(tx, { email: 'not an address' });
        });
      await expect(attempt()).rejects.toMatchObject({ code: 'INVALID', field: ['input', 'email'], params: { detail: 'INVALID_EMAIL' } });
      expect(await app.backend.database.prisma.customer.count({ where: { email: other } })).toBe(0);
      await expect(runOnce(request(key), (tx) => createCustomer(tx, { email: other }))).rejects.toMatchObject({ code: 'INVALID' });
    });

    it('is refused with other input, and is private to its caller', async () => {
      const key = someEmail();
      await runOnce(request(key), (tx) => createCustomer(tx, { email: key }));
      await expect(runOnce(request(key, 'other'), async () => ({}))).rejects.toMatchObject({
        code: 'IDEMPOTENCY_KEY_PARAMETER_MISMATCH',
      });
      await expect(runOnce({ ...request(key), scope: 'somebody else' }, async () => ({ done: true }))).resolves.toEqual({ done: true });
    });

    it('keeps an answer with a secret sealed, and gives it again for ten minutes', async () => {
      const key = someEmail();
      const sealed = { ...request(key), sealWith: app.keyring };
      const answer = () => runOnce(sealed, async () => ({ token: 'clt_st_secret' }));
      await answer();
      expect(await answer()).toEqual({ token: 'clt_st_secret' });
      const row = await app.backend.database.prisma.idempotencyKey.findUniqueOrThrow({ where: { scope_key: { scope: 'test', key } } });
      expect(JSON.stringify(row.result)).toBe('null');
      expect(Buffer.from(row.sealed ?? []).toString('latin1')).not.toContain('secret');
      await app.backend.database.prisma.idempotencyKey.update({
        where: { scope_key: { scope: 'test', key } },
        data: { createdAt: new Date(Date.now() - 11 * 60_000) },
      });
      await expect(answer()).rejects.toMatchObject({ code: 'IDEMPOTENCY_RESULT_EXPIRED' });
    });
  });
});
