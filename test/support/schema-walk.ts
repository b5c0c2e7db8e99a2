import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import { schema } from '../../src/graphql/schema.ts';
import type { TestGateway } from './gateway.ts';
import { givenSession } from './given.ts';

export type RootKind = 'query' | 'mutation' | 'subscription';

/** The root fields of one kind, by name. */
export const rootFields = (kind: RootKind): Record<string, GraphQLField<unknown, unknown>> =>
  ({ query: schema.getQueryType(), mutation: schema.getMutationType(), subscription: schema.getSubscriptionType() })[kind]?.getFields() ?? {};

/** The names of the types that `node` can find. */
export const nodeTypes = (): string[] => {
  const node = schema.getType('Node');
  if (!isInterfaceType(node)) throw new Error('Node is an interface.');
  return schema.getPossibleTypes(node).map(({ name }) => name);
};

/** Everything that can be asked of a type without arguments, `depth` levels down; of a connection, the first few nodes. */
export const everythingOf = (type: GraphQLOutputType, depth: number): string => {
  const named = getNamedType(type);
  if (isLeafType(named)) return '';
  if (!isObjectType(named) && !isInterfaceType(named)) throw new Error(`No selection for ${named.name}`);
  const parts = Object.values(named.getFields()).flatMap((field) => {
    if (field.args.some(isRequiredArgument)) return [];
    const inner = getNamedType(field.type);
    if (isLeafType(inner)) return [field.name];
    const isPage = inner.name.endsWith('Connection');
    if (depth === 0 || field.name === 'edges') return [];
    return [`${field.name}${isPage ? '(first: 3)' : ''}${everythingOf(field.type, isPage ? depth : depth - 1)}`];
  });
  return ` { __typename ${parts.join(' ')} }`;
};

/** Operations that call one root field with every argument as a variable, and ask for everything; of `node`, one for each type. */
export const operationsOn = (kind: RootKind, name: string, depth = 2): string[] => {
  const field = rootFields(kind)[name];
  if (!field) throw new Error(`There is no ${kind} ${name}.`);
  const declared = field.args.map((arg) => `$${arg.name}: ${arg.type}`).join(', ');
  const passed = field.args.map((arg) => `${arg.name}: $${arg.name}`).join(', ');
  const isNode = getNamedType(field.type).name === 'Node';
  const selections = isNode
    ? nodeTypes().map((type) => ` { ... on ${type}${everythingOf(schema.getType(type) as GraphQLObjectType, depth)} }`)
    : [everythingOf(field.type, depth)];
  return selections.map((selection) => `${kind} ${declared && `(${declared})`} { ${name}${passed && `(${passed})`}${selection} }`);
};

/** Somebody with something of everything, and words that are in no other answer. */
export interface Somebody {
  readonly customerId: string;
  readonly token: string;
  readonly email: string;
  readonly ids: Readonly<Record<string, string>>;
  /** What nobody else may read. */
  readonly private: readonly string[];
  /** What she herself may not read either. */
  readonly notes: readonly string[];
}

const word = (): string => Array.from({ length: 14 }, () => String.fromCharCode(97 + Math.floor(Math.random() * 26))).join('');

export const givenSomebody = async (test: TestGateway): Promise<Somebody> => {
  const words = { firstName: word(), lastName: word(), note: word(), tag: word(), address1: word(), city: word(), company: word(), why: word() };
  // A range in which every number is one.
  const phone = `+49151${String(Math.floor(Math.random() * 100_000_000)).padStart(8, '0')}`;
  const { customerId, email, gid, tokens } = await givenSession(test.app, {
    firstName: words.firstName,
    lastName: words.lastName,
    note: words.note,
    tags: [words.tag],
    phone,
    birthDate: new Date('1961-07-23'),
  });
  const created = await test.graphql(
    `mutation ($customerId: ID!, $address: CustomerAddressInput!, $credit: StoreCreditAccountCreditInput!, $debit: StoreCreditAccountDebitInput!) {
      customerAddressCreate(customerId: $customerId, address: $address) { customerAddress { id } }
      storeCreditAccountCredit(id: $customerId, creditInput: $credit) { storeCreditAccountTransaction { id account { id } } }
      storeCreditAccountDebit(id: $customerId, debitInput: $debit) { storeCreditAccountTransaction { id } }
    }`,
    {
      customerId: gid,
      address: { address1: words.address1, city: words.city, company: words.company, territoryCode: 'DK' },
      credit: { creditAmount: { amount: '8123.47', currencyCode: 'EUR' }, note: words.why },
      debit: { debitAmount: { amount: '17.31', currencyCode: 'EUR' }, note: words.why },
    },
    test.staffToken,
  );
  const { data } = created;
  const staff = await test.graphql('{ staffTokens(first: 1) { nodes { id } } }', {}, test.staffToken);
  return {
    customerId,
    email,
    token: tokens.accessToken,
    ids: {
      Customer: gid,
      CustomerAddress: data.customerAddressCreate.customerAddress.id,
      StoreCreditAccount: data.storeCreditAccountCredit.storeCreditAccountTransaction.account.id,
      StoreCreditAccountCreditTransaction: data.storeCreditAccountCredit.storeCreditAccountTransaction.id,
      StoreCreditAccountDebitTransaction: data.storeCreditAccountDebit.storeCreditAccountTransaction.id,
      StaffToken: staff.data.staffTokens.nodes[0].id,
    },
    private: [
      words.firstName,
      words.lastName,
      words.tag,
      words.address1,
      words.city,
      words.company,
      phone,
      email,
      '8123.47',
      '8106.16',
      '1961-07-23',
    ],
    notes: [words.note, words.why],
  };
};

/** Arguments that name somebody, for every root field: a field without them is a red test. */
export const argumentsAbout = ({ ids, email }: Somebody): Record<string, object[]> => {
  const everyId = Object.values(ids);
  const address = { address1: 'Elsewhere 1', city: 'Aarhus', territoryCode: 'DK' };
  const money = { amount: '1', currencyCode: 'EUR' };
  return {
    customer: [{}, ...everyId.map((id) => ({ id }))],
    customerByIdentifier: [{ identifier: { id: ids.Customer } }, { identifier: { emailAddress: email } }],
    customers: [{ first: 5 }, { first: 5, query: `email:"${email}"` }],
    node: everyId.flatMap((id) => [{ id }, { id: id.replace('gid://clientele/', 'gid://shopify/') }]),
    nodes: [{ ids: everyId }],
    staffTokens: [{ first: 5 }],
    storeCreditAccount: [{ id: ids.StoreCreditAccount }],
    customerAddressCreate: [{ customerId: ids.Customer, address }],
    customerAddressDelete: [{ customerId: ids.Customer, addressId: ids.CustomerAddress }, { addressId: ids.CustomerAddress }],
    customerAddressUpdate: [
      { customerId: ids.Customer, addressId: ids.CustomerAddress, address, defaultAddress: true },
      { addressId: ids.CustomerAddress, address },
    ],
    customerCreate: [{ input: { firstName: 'Mallory' } }],
    customerDelete: [{ input: { id: ids.Customer } }],
    customerSet: [{ identifier: { id: ids.Customer }, input: { firstName: 'Mallory' } }],
    customerUpdate: [{ input: { id: ids.Customer, firstName: 'Mallory' } }],
    sessionRefresh: [{ refreshToken: 'clt_rt_nothing' }],
    signInCodeConfirm: [{ email, code: '000000' }],
    signInCodeRequest: [{ email }],
    signOut: [{}],
    staffTokenCreate: [{ input: { name: 'Mallory', scopes: ['customers:read'] } }],
    staffTokenRevoke: [{ id: ids.StaffToken }],
    staffTokenRotate: [{ id: ids.StaffToken }],
    storeCreditAccountCredit: [
      { id: ids.Customer, creditInput: { creditAmount: money } },
      { id: ids.StoreCreditAccount, creditInput: { creditAmount: money } },
    ],
    storeCreditAccountDebit: [
      { id: ids.Customer, debitInput: { debitAmount: money } },
      { id: ids.StoreCreditAccount, debitInput: { debitAmount: money } },
    ],
    storeCreditAccountUpdated: [{ accountId: ids.StoreCreditAccount }, { accountId: ids.StoreCreditAccount, after: '0' }],
  };
};

export interface TextPath {
  readonly path: readonly string[];
  readonly isList: boolean;
  readonly type: string;
}

/** Where an input holds text: the paths of its strings, ids and scalars written as text. */
export const textPaths = (type: GraphQLInputType, path: readonly string[] = []): TextPath[] => {
  if (isNonNullType(type)) return textPaths(type.ofType, path);
  if (isListType(type)) return textPaths(type.ofType, path).map((found) => (found.path === path ? { ...found, isList: true } : found));
  if (isInputObjectType(type)) return Object.values(type.getFields()).flatMap((field) => textPaths(field.type, [...path, field.name]));
  const isText = ['String', 'ID', 'DateTime', 'Date', 'Decimal', 'URL', 'UnsignedInt64'].includes(type.name);
  return isText ? [{ path, isList: false, type: type.name }] : [];
};
