import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenSession } from '../support/given.ts';

const CREATE = `mutation ($address: CustomerAddressInput!, $customerId: ID, $default: Boolean) {
  customerAddressCreate(address: $address, customerId: $customerId, defaultAddress: $default) {
    customerAddress { id province zoneCode formatted formattedArea } userErrors { code field message } } }`;
const UPDATE = `mutation ($id: ID!, $address: CustomerAddressInput, $default: Boolean) {
  customerAddressUpdate(addressId: $id, address: $address, defaultAddress: $default) { customerAddress { id zoneCode } userErrors { code field } } }`;
const DEFAULT = `mutation ($id: ID!, $customerId: ID) {
  customerUpdateDefaultAddress(addressId: $id, customerId: $customerId) { customer { defaultAddress { id } } userErrors { code field } } }`;

const US = { address1: '1 Main St', city: 'Portland', zip: '97205', zoneCode: 'Oregon', territoryCode: 'USA' };

describe.each(backends)('the address book on $name', (kind) => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await startTestGateway(kind);
  });
  afterAll(() => test.stop());

  const create = async (token: string, address: object, more: object = {}) =>
    (await test.graphql(CREATE, { address, ...more }, token)).data.customerAddressCreate;

  it('reads zones by code or name, names them and writes them as their country does', async () => {
    const { tokens } = await givenSession(test.app);
    expect((await create(tokens.accessToken, US)).customerAddress).toMatchObject({
      province: 'Oregon',
      zoneCode: 'OR',
      formatted: ['1 Main St', 'Portland, OR 97205', 'United States'],
      formattedArea: 'Portland, OR, United States',
    });
  });

  it.each([
    ['no street', { address1: ' ' }, 'ADDRESS1_MISSING', 'address1'],
    ['no country', { territoryCode: null, zoneCode: null }, 'TERRITORY_CODE_MISSING', 'territoryCode'],
    ['a zone without a country', { territoryCode: null }, 'TERRITORY_CODE_MISSING', 'territoryCode'],
    ['no zone where the post wants one', { zoneCode: null }, 'ZONE_CODE_MISSING', 'zoneCode'],
    ['a zone of another country', { zoneCode: 'ON' }, 'INVALID_FOR_COUNTRY', 'zoneCode'],
    ['a country that is none', { territoryCode: 'XX' }, 'INVALID_TERRITORY_CODE', 'territoryCode'],
    ['HTML', { city: '<i>X</i>' }, 'CONTAINS_HTML_TAGS', 'city'],
    ['a web address', { address2: 'see https://x.example' }, 'CONTAINS_URL', 'address2'],
    ['a text that is too long', { city: 'x'.repeat(256) }, 'TOO_LONG', 'city'],
    ['a number that is none', { phoneNumber: '12' }, 'PHONE_NUMBER_NOT_VALID', 'phoneNumber'],
  ])('refuses a customer’s address with %s', async (_what, over, code, field) => {
    const { tokens } = await givenSession(test.app);
    const { customerAddress, userErrors } = await create(tokens.accessToken, { ...US, ...over });
    expect({ customerAddress, userErrors }).toEqual({
      customerAddress: null,
      userErrors: [{ code, field: ['address', field], message: expect.stringMatching(/\S \S.*\.$/) }],
    });
  });

  it('lets staff keep a part of an address, and its owner make it the default without completing it', async () => {
    const { tokens, gid } = await givenSession(test.app);
    await create(tokens.accessToken, US);
    const part = await create(test.staffToken, { city: 'Odense' }, { customerId: gid });
    expect(part.userErrors).toEqual([]);
    const { id } = part.customerAddress;
    const edited = await test.graphql(UPDATE, { id, address: { city: 'Aarhus' } }, tokens.accessToken);
    expect(edited.data.customerAddressUpdate.userErrors).toEqual([{ code: 'ADDRESS1_MISSING', field: ['address', 'address1'] }]);
    const made = await test.graphql(UPDATE, { id, default: true }, tokens.accessToken);
    expect(made.data.customerAddressUpdate).toEqual({ customerAddress: { id, zoneCode: null }, userErrors: [] });
  });

  it('takes no zone along into another country', async () => {
    const { tokens } = await givenSession(test.app);
    const { id } = (await create(tokens.accessToken, US)).customerAddress;
    const moved = await test.graphql(UPDATE, { id, address: { territoryCode: 'CA' } }, tokens.accessToken);
    expect(moved.data.customerAddressUpdate.userErrors).toEqual([{ code: 'INVALID_FOR_COUNTRY', field: ['address', 'zoneCode'] }]);
    const both = await test.graphql(UPDATE, { id, address: { territoryCode: 'CA', zoneCode: 'BC' } }, tokens.accessToken);
    expect(both.data.customerAddressUpdate).toEqual({ customerAddress: { id, zoneCode: 'BC' }, userErrors: [] });
    const gone = await test.graphql(UPDATE, { id, address: { territoryCode: 'DK', zoneCode: null } }, tokens.accessToken);
    expect(gone.data.customerAddressUpdate.userErrors).toEqual([]);
  });

  it('knows an address again however its zone is written', async () => {
    const { tokens } = await givenSession(test.app);
    await create(tokens.accessToken, US);
    const again = await create(tokens.accessToken, { ...US, zoneCode: 'us-or', territoryCode: '840' });
    expect(again.userErrors).toMatchObject([{ code: 'CUSTOMER_ADDRESS_ALREADY_EXISTS', field: ['address'] }]);
  });

  it('changes its default by both names, and only within the book', async () => {
    const { tokens, gid } = await givenSession(test.app);
    const first = await create(tokens.accessToken, US);
    const second = await create(tokens.accessToken, { ...US, address1: '2 Main St' }, { default: true });
    const read = await test.graphql('{ customer { defaultAddress { id } } }', {}, tokens.accessToken);
    expect(read.data.customer.defaultAddress.id).toBe(second.customerAddress.id);
    const made = await test.graphql(DEFAULT, { id: first.customerAddress.id, customerId: gid }, test.staffToken);
    expect(made.data.customerUpdateDefaultAddress).toEqual({ customer: { defaultAddress: { id: first.customerAddress.id } }, userErrors: [] });
    const other = await givenSession(test.app);
    const foreign = await test.graphql(DEFAULT, { id: first.customerAddress.id }, other.tokens.accessToken);
    expect(foreign.data.customerUpdateDefaultAddress.userErrors).toEqual([{ code: 'ADDRESS_ID_DOES_NOT_EXIST', field: ['addressId'] }]);
  });
});
