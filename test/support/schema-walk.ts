import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
  isUnionType,
} from 'graphql';
import { v7 as uuid } from 'uuid';
import { setOrder } from '../../src/capabilities/orders/set.ts';
import { schema } from '../../src/graphql/schema.ts';
import type { TestGateway } from './gateway.ts';
import { givenCustomer, givenSession } from './given.ts';
import { givenRecords } from './records-walk.ts';

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

/**
 * Everything that can be asked of a type without arguments, `depth` levels down; of a connection, the first few nodes. A type inside itself
 * is not asked again.
 */
const everythingOf = (type: GraphQLOutputType, depth: number, inside: readonly string[] = []): string => {
  const named = getNamedType(type);
  if (isLeafType(named)) return '';
  if (isUnionType(named)) {
    const members: readonly GraphQLObjectType[] = named.getTypes();
    return ` { __typename ${members.map((each) => `... on ${each.name}${everythingOf(each, depth, inside)}`).join(' ')} }`;
  }
  if (!isObjectType(named) && !isInterfaceType(named)) throw new Error(`No selection for ${String(named)}`);
  const parts = Object.values(named.getFields()).flatMap((field) => {
    if (field.args.some(isRequiredArgument)) return [];
    const inner = getNamedType(field.type);
    if (isLeafType(inner)) return [field.name];
    const isPage = inner.name.endsWith('Connection');
    if (depth === 0 || field.name === 'edges' || inside.includes(inner.name)) return [];
    return [`${field.name}${isPage ? '(first: 3)' : ''}${everythingOf(field.type, isPage ? depth : depth - 1, [...inside, named.name])}`];
  });
  return ` { __typename ${parts.join(' ')} }`;
};

/** The same in parts, one for each field that is more than a leaf: all of a large type is more than one document may hold. */
export const everythingInParts = (type: GraphQLObjectType, depth: number): string[] => {
  const fields = Object.values(type.getFields()).filter(({ args }) => !args.some(isRequiredArgument));
  const leaves = fields.filter((field) => isLeafType(getNamedType(field.type))).map(({ name }) => name);
  const larger = fields.filter((field) => !isLeafType(getNamedType(field.type)));
  const parts = larger.map((field) => {
    const isPage = getNamedType(field.type).name.endsWith('Connection');
    return `${field.name}${isPage ? '(first: 3)' : ''}${everythingOf(field.type, depth - 1, [type.name])}`;
  });
  return [leaves.join(' '), ...parts].map((part) => ` { __typename ${part} }`);
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
  const words = {
    firstName: word(),
    lastName: word(),
    note: word(),
    tag: word(),
    address1: word(),
    city: word(),
    company: word(),
    why: word(),
    passkey: word(),
    order: word(),
    orderNote: word(),
    externalId: word(),
    shipping: word(),
    line: word(),
    provider: word(),
    subject: word(),
    memo: word(),
    code: word(),
    vatId: `US${word().toUpperCase()}`,
    group: word(),
    discount: word(),
    groupDescription: word(),
    consent: word(),
    metafield: word(),
    staffMetafield: word(),
    wishlist: word(),
    product: word(),
    viewed: word(),
    payment: word(),
    subscription: word(),
  };
  // A range in which every number is one.
  const phone = `+49151${String(Math.floor(Math.random() * 100_000_000)).padStart(8, '0')}`;
  const { customerId, email, gid, tokens } = await givenSession(test.app, {
    firstName: words.firstName,
    lastName: words.lastName,
    note: words.note,
    tags: [words.tag],
    phone,
    birthDate: new Date('1961-07-23'),
    vatId: words.vatId,
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
  const passkeyId = uuid();
  await test.app.backend.database.prisma.passkey.create({
    data: {
      id: passkeyId,
      customerId,
      credentialId: word(),
      publicKey: new Uint8Array(1),
      counter: 0,
      backedUp: false,
      name: words.passkey,
      createdAt: new Date(),
    },
  });
  const { prisma } = test.app.backend.database;
  const { orderId } = await test.app.transact('system', (tx) =>
    setOrder(tx, {
      externalId: words.externalId,
      customer: { id: customerId },
      name: words.order,
      note: words.orderNote,
      currencyCode: 'EUR',
      totalPrice: '4711.08',
      processedAt: new Date(),
      shippingAddress: { address1: words.shipping },
      lineItems: [{ externalId: '1', title: words.line, quantity: 1, price: '4711.08' }],
    }),
  );
  const [providerId, subjectId, at] = [uuid(), uuid(), new Date()];
  await prisma.identityProvider.create({
    data: {
      id: providerId,
      name: words.provider,
      issuer: 'https://id.example',
      clientId: 'shop',
      scopes: ['openid'],
      isEnabled: false,
      createdAt: at,
      updatedAt: at,
    },
  });
  await prisma.identityProviderSubject.create({
    data: { id: subjectId, providerId, subject: words.subject, customerId, createdAt: at, updatedAt: at },
  });
  const [candidateId, sharedValueId, scanId, runId] = [uuid(), uuid(), uuid(), uuid()];
  const twin = await givenCustomer(test.app);
  await prisma.duplicateCandidate.create({
    data: { id: candidateId, oneId: customerId, twoId: twin.customerId, weight: 9_000, evidence: [], createdAt: at, updatedAt: at },
  });
  await prisma.duplicateSharedValue.create({
    data: { id: sharedValueId, kind: 'EMAIL', value: `${words.why}@`, label: `${words.why}@`, createdBy: 'system', createdAt: at },
  });
  await prisma.duplicateScan.create({ data: { id: scanId, state: 'DONE', customersTotal: 0, startedBy: 'system', startedAt: at, updatedAt: at } });
  const none = { pairsCount: 0, clustersCount: 0, customersCount: 0, confirmedCount: 0, dismissedCount: 0 };
  const run = { weightMin: 9_000, pairsMax: 1, isDryRun: true, note: words.why, startedBy: 'system', startedAt: at, updatedAt: at };
  await prisma.duplicateMergeRun.create({ data: { id: runId, state: 'DONE', ...none, ...run } });
  const importId = uuid();
  await prisma.customersImport.create({
    data: {
      id: importId,
      state: 'UNDONE',
      name: words.why,
      ignored: [],
      rowsCount: 1,
      startedBy: 'system',
      createdAt: at,
      updatedAt: at,
      rows: { create: { number: 1, line: 2, outcome: 'UPDATE', customerId, keptFields: [words.why] } },
      changes: { create: { customerId, isNew: false, writtenAt: at, undo: 'KEPT', kept: [{ field: words.why, code: 'CHANGED_SINCE' }] } },
    },
  });
  const secret = await test.graphql('mutation { multipassSecretRotate { multipassSecret { id } } }', {}, test.staffToken);
  const client = await test.graphql(
    'mutation ($input: OidcClientCreateInput!) { oidcClientCreate(input: $input) { oidcClient { id } } }',
    { input: { name: 'Storefront', type: 'PUBLIC', redirectUris: [`https://${words.why}.example/`] } },
    test.staffToken,
  );
  const held = await test.graphql(
    `mutation ($customerId: ID!, $hold: StoreCreditHoldInput!) { storeCreditHoldCreate(id: $customerId, holdInput: $hold) { storeCreditHold { id } } }`,
    {
      customerId: gid,
      hold: { amount: { amount: '211.09', currencyCode: 'EUR' }, memo: words.memo, note: words.why, metadata: [{ key: 'k', value: words.why }] },
    },
    test.staffToken,
  );
  const coded = await test.graphql(
    'mutation ($input: StoreCreditCodesInput!) { storeCreditCodesCreate(input: $input) { storeCreditCodes { id } } }',
    { input: { amount: { amount: '913.27', currencyCode: 'EUR' }, customerId: gid, memo: words.code, note: words.why, batch: words.why } },
    test.staffToken,
  );
  const requested = await test.graphql(
    `mutation ($id: ID!, $input: StoreCreditAccountCreditInput!) {
      storeCreditCreditRequestCreate(id: $id, creditInput: $input) { storeCreditCreditRequest { id } } }`,
    { id: gid, input: { creditAmount: { amount: '3.01', currencyCode: 'EUR' }, note: words.why } },
    test.staffToken,
  );
  const bulk = await test.graphql(
    'mutation ($input: StoreCreditBulkIssueInput!) { storeCreditBulkIssueCreate(input: $input) { storeCreditBulkIssue { id } } }',
    { input: { customers: [{ id: gid }], amount: { amount: '4.07', currencyCode: 'EUR' }, note: words.why } },
    test.staffToken,
  );
  const double = await givenSession(test.app);
  const merged = await test.graphql(
    `mutation ($one: ID!, $two: ID!, $note: String) { customerMerge(customerOneId: $one, customerTwoId: $two, customerIdToKeep: $two, note: $note) {
      customerMerge { id } } }`,
    { one: double.gid, two: gid, note: words.why },
    test.staffToken,
  );
  const records = await givenRecords(test, gid, words);
  const staff = await test.graphql('{ staffTokens(first: 1) { nodes { id } } }', {}, test.staffToken);
  return {
    customerId,
    email,
    token: tokens.accessToken,
    ids: {
      Customer: gid,
      CustomerMerge: merged.data.customerMerge.customerMerge.id,
      CustomerPasskey: `gid://clientele/CustomerPasskey/${passkeyId}`,
      CustomerSession: `gid://clientele/CustomerSession/${tokens.sessionId}`,
      CustomerAddress: data.customerAddressCreate.customerAddress.id,
      DuplicateCandidate: `gid://clientele/DuplicateCandidate/${candidateId}`,
      DuplicateMergeRun: `gid://clientele/DuplicateMergeRun/${runId}`,
      DuplicateScan: `gid://clientele/DuplicateScan/${scanId}`,
      DuplicateSharedValue: `gid://clientele/DuplicateSharedValue/${sharedValueId}`,
      ...records,
      CustomersImport: `gid://clientele/CustomersImport/${importId}`,
      OidcClient: client.data.oidcClientCreate.oidcClient.id,
      StoreCreditAccount: data.storeCreditAccountCredit.storeCreditAccountTransaction.account.id,
      StoreCreditAccountCreditTransaction: data.storeCreditAccountCredit.storeCreditAccountTransaction.id,
      StoreCreditAccountDebitTransaction: data.storeCreditAccountDebit.storeCreditAccountTransaction.id,
      IdentityProvider: `gid://clientele/IdentityProvider/${providerId}`,
      IdentityProviderSubject: `gid://clientele/IdentityProviderSubject/${subjectId}`,
      Order: `gid://clientele/Order/${orderId}`,
      StoreCreditBulkIssue: bulk.data.storeCreditBulkIssueCreate.storeCreditBulkIssue.id,
      StoreCreditCode: coded.data.storeCreditCodesCreate.storeCreditCodes[0].id,
      StoreCreditCreditRequest: requested.data.storeCreditCreditRequestCreate.storeCreditCreditRequest.id,
      StoreCreditHold: held.data.storeCreditHoldCreate.storeCreditHold.id,
      StaffToken: staff.data.staffTokens.nodes[0].id,
      MultipassSecret: secret.data.multipassSecretRotate.multipassSecret.id,
    },
    private: [
      words.firstName,
      words.lastName,
      words.tag,
      words.address1,
      words.city,
      words.company,
      words.passkey,
      words.order,
      words.orderNote,
      words.shipping,
      words.line,
      '4711.08',
      words.subject,
      phone,
      email,
      '8123.47',
      '211.09',
      words.memo,
      words.code,
      '913.27',
      '8106.16',
      '1961-07-23',
      words.vatId,
      words.group,
      words.discount,
      words.metafield,
      words.wishlist,
      words.product,
      words.viewed,
      words.payment,
      words.subscription,
    ],
    notes: [words.note, words.why, words.externalId, words.groupDescription, words.consent, words.staffMetafield],
  };
};
