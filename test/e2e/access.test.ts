import type { GraphQLObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCOPES, type Scope } from '../../src/core/scopes.ts';
import { schema } from '../../src/graphql/schema.ts';
import { argumentsAbout } from '../support/arguments-about.ts';
import { backends } from '../support/backends.ts';
import { useAccounts } from '../support/classic.ts';
import { type Answer, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenSession } from '../support/given.ts';
import { everythingInParts, givenSomebody, nodeTypes, operationsOn, type RootKind, rootFields, type Somebody } from '../support/schema-walk.ts';

const KINDS: readonly RootKind[] = ['query', 'mutation', 'subscription'];
const REFUSALS = ['UNAUTHENTICATED', 'FORBIDDEN', 'BAD_USER_INPUT'];
/** What staff write down about a customer and her credit. */
const FOR_STAFF = new Set([
  'addedBy',
  'canDelete',
  'deletedAt',
  'rfmGroup',
  'definition',
  'group',
  'marketingConsentLog',
  'isBlocked',
  'externalId',
  'source',
  'actor',
  'batch',
  'createdBy',
  'creditRequest',
  'duplicateCandidates',
  'mergeable',
  'merges',
  'refundableToStoreCredit',
  'metadata',
  'note',
  'reason',
  'reference',
]);

/** Transactions of these kinds cannot be made yet; their ids are looked up all the same. */
const NOT_MADE_YET = ['StoreCreditAccountDebitRevertTransaction', 'StoreCreditAccountExpirationTransaction'];

const scopesOf = (extensions: object): Record<string, unknown> | ((...args: never[]) => unknown) | undefined =>
  (extensions as { pothosOptions?: { authScopes?: Record<string, unknown> } }).pothosOptions?.authScopes;

describe('the schema', () => {
  it('guards every root field: what asks nothing of its viewer is not there', () => {
    const open = KINDS.flatMap((kind) =>
      Object.values(rootFields(kind))
        .filter(({ extensions }) => Object.keys(scopesOf(extensions) ?? {}).length === 0)
        .map(({ name }) => `${kind} ${name}`),
    );
    expect(open).toEqual([]);
  });

  it('lets strangers reach these root fields and no more', () => {
    const strangers = KINDS.flatMap((kind) =>
      Object.values(rootFields(kind))
        .filter(({ extensions }) => 'public' in (scopesOf(extensions) as object))
        .map(({ name }) => name),
    );
    // node and nodes are guarded by the type of what they find.
    // customerCreate lets strangers register and no more.
    expect(strangers.sort()).toEqual([
      'customerAccessTokenCreate',
      'customerAccessTokenCreateWithMultipass',
      'customerAccessTokenDelete',
      'customerAccessTokenRenew',
      'customerAccountInviteDecline',
      'customerAccountsSettings',
      'customerActivate',
      'customerActivateByUrl',
      'customerCreate',
      'customerRecover',
      'customerReset',
      'customerResetByUrl',
      'node',
      'nodes',
      'passkeySignIn',
      'passkeySignInOptions',
      'sessionRefresh',
      'shopBranding',
      'signInCodeConfirm',
      'signInCodeRequest',
      'signInLinkConfirm',
    ]);
  });

  it('guards every type that node can find', () => {
    const open = nodeTypes().filter((name) => !scopesOf((schema.getType(name) as GraphQLObjectType).extensions));
    expect(open).toEqual([]);
  });

  it('keeps every note for staff, but what a customer wrote with her order', () => {
    const notes = Object.values(schema.getTypeMap()).flatMap((type) =>
      'getFields' in type &&
      !('parseValue' in type) &&
      !type.name.endsWith('Input') &&
      type.name !== 'CustomerMergeOverrideFields' &&
      type.name !== 'Order'
        ? Object.values((type as GraphQLObjectType).getFields()).filter(({ name }) => name === 'note')
        : [],
    );
    expect(notes.length).toBeGreaterThan(4);
    for (const { extensions } of notes) expect(Object.keys(scopesOf(extensions) ?? {})).toEqual(['staff']);
  });
});

describe.each(backends)('access on $name', (kind) => {
  let test: TestGateway;
  let victim: Somebody;
  let cases: Record<string, object[]>;

  beforeAll(async () => {
    test = await startTestGateway(kind);
    // With passwords in use there is more to try.
    await useAccounts(test.app, 'CLASSIC');
    victim = await givenSomebody(test);
    cases = argumentsAbout(victim);
  });
  afterAll(async () => {
    await useAccounts(test.app, 'NEW_CUSTOMER_ACCOUNTS');
    await test.stop();
  });

  /** All that belongs to the victim or to staff, as the database has it. */
  const state = async () => {
    const { prisma } = test.app.backend.database;
    const of = { where: { customerId: victim.customerId }, orderBy: { id: 'asc' as const } };
    return {
      customer: await prisma.customer.findUnique({ where: { id: victim.customerId } }),
      addresses: await prisma.address.findMany(of),
      marketing: await prisma.customerMarketing.findUnique({ where: { customerId: victim.customerId } }),
      groups: await prisma.customerGroupMember.findMany({ ...of, include: { group: true } }),
      wishlists: await prisma.wishlist.findMany({ ...of, include: { items: true } }),
      viewed: await prisma.viewedProduct.findMany(of),
      paymentMethods: await prisma.paymentMethod.findMany(of),
      subscriptions: await prisma.subscriptionContract.findMany(of),
      metafields: await prisma.customerMetafield.findMany({ ...of, include: { definition: true } }),
      sessions: await prisma.session.findMany(of),
      accounts: await prisma.storeCreditAccount.findMany(of),
      transactions: await prisma.storeCreditTransaction.count({ where: { account: { customerId: victim.customerId } } }),
      staff: await prisma.staffToken.findUnique({ where: { id: victim.ids.StaffToken?.split('/').at(-1) as string } }),
    };
  };

  /** Of `node`, fragments on the ids' own types: those on others select nothing. Customer stands for these. */
  const selects = (name: string, variables: object, query: string): boolean => {
    const [, type = ''] = /^query [^{]*\{ nodes?\([^{]*\{ \.\.\. on (\w+)/.exec(query) ?? [];
    return !['node', 'nodes'].includes(name) || type === 'Customer' || JSON.stringify(variables).includes(`/${type}/`);
  };

  /** Every root field of these kinds, asked for everything with everything that names the victim. */
  const everyCase = (kinds: readonly RootKind[]) =>
    kinds.flatMap((root) =>
      Object.keys(rootFields(root)).flatMap((name) =>
        (cases[name] ?? []).flatMap((variables) =>
          operationsOn(root, name)
            .filter((query) => selects(name, variables, query))
            .map((query) => ({ name, variables, query })),
        ),
      ),
    );

  /** What an answer gives away: words of the victim's anywhere, or ids of hers that were not asked about in its data. */
  const leaks = (answer: Answer<Record<string, never>>, variables: object): string[] => {
    const whole = JSON.stringify(answer);
    const asked = JSON.stringify(variables);
    const uuids = Object.values(victim.ids).map((id) => id.split('/').at(-1) as string);
    return [
      ...[...victim.private, ...victim.notes].filter((text) => whole.includes(text) && !asked.includes(text)),
      ...uuids.filter((id) => JSON.stringify(answer.data ?? null).includes(id)),
    ];
  };

  const attackers: readonly [string, () => Promise<string | null>][] = [
    ['a stranger', async () => null],
    ['another customer', async () => (await givenSession(test.app)).tokens.accessToken],
    ['a staff token without scopes', async () => (await givenStaff([])).token],
  ];

  const givenStaff = async (scopes: readonly Scope[]): Promise<{ token: string }> => {
    const query = 'mutation ($input: StaffTokenInput!) { staffTokenCreate(input: $input) { token staffToken { id } userErrors { message } } }';
    const { data } = await test.graphql(
      query,
      { input: { name: 'some scopes', scopes: scopes.length > 0 ? scopes : ['sessions:write'] } },
      test.staffToken,
    );
    // None is made without a scope; this one lost its own.
    if (scopes.length === 0) {
      const id = data.staffTokenCreate.staffToken.id.split('/').at(-1);
      await test.app.backend.database.prisma.staffToken.update({ where: { id }, data: { scopes: [] } });
    }
    return data.staffTokenCreate;
  };

  it('has arguments for every root field and an id for every type', () => {
    expect(Object.keys(cases).sort()).toEqual([...new Set(KINDS.flatMap((root) => Object.keys(rootFields(root))))].sort());
    expect([...Object.keys(victim.ids), ...NOT_MADE_YET].sort()).toEqual(nodeTypes().sort());
  });

  it('shows staff all of it by the same operations, so that its absence elsewhere says something', { timeout: 180_000 }, async () => {
    const all = everyCase(['query']);
    const seen: string[] = [];
    // A few at a time: a server takes so many connections and no more.
    while (all.length > 0) {
      const some = all.splice(0, 200).map(async ({ name, variables, query }) => {
        const answer = await test.graphql(query, variables, test.staffToken);
        expect({ name, errors: answer.errors?.filter(({ extensions }) => extensions.code !== 'BAD_USER_INPUT') ?? [] }).toEqual({ name, errors: [] });
        return JSON.stringify(answer.data);
      });
      seen.push(...(await Promise.all(some)));
    }
    const whole = seen.join('\n');
    for (const text of [...victim.private, ...victim.notes, ...Object.values(victim.ids)]) expect(whole).toContain(text);
  });

  it.each(attackers)('gives %s nothing of somebody’s through any query', async (_who, tokenOf) => {
    const token = await tokenOf();
    for (const { name, variables, query } of everyCase(['query'])) {
      const answer = await test.graphql(query, variables, token);
      expect({ name, variables, leaks: leaks(answer, variables) }).toEqual({ name, variables, leaks: [] });
      for (const { extensions } of answer.errors ?? []) expect(REFUSALS).toContain(extensions.code);
    }
  });

  it.each(attackers)('lets %s change nothing of somebody’s through any mutation', async (_who, tokenOf) => {
    const before = await state();
    for (const { name, variables, query } of everyCase(['mutation'])) {
      const token = await tokenOf();
      const answer = await test.graphql(query, variables, token);
      expect({ name, variables, leaks: leaks(answer, variables) }).toEqual({ name, variables, leaks: [] });
      for (const { extensions } of answer.errors ?? []) expect(REFUSALS).toContain(extensions.code);
    }
    expect(await state()).toEqual(before);
  });

  it.each(attackers)('gives %s no live balance of somebody’s', async (_who, tokenOf) => {
    const token = await tokenOf();
    for (const { variables, query } of everyCase(['subscription'])) {
      const response = await fetch(test.graphqlUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...(token ? { authorization: token } : {}) },
        body: JSON.stringify({ query, variables }),
      });
      const told = await response.text();
      expect(REFUSALS.some((code) => told.includes(code))).toBe(true);
      for (const text of [...victim.private, ...victim.notes]) expect(told).not.toContain(text);
    }
  });

  it('tells a stranger UNAUTHENTICATED and another customer FORBIDDEN about every node that is somebody’s', async () => {
    const other = await givenSession(test.app);
    for (const id of Object.values(victim.ids)) {
      const query = '($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }';
      for (const [token, code] of [
        [null, 'UNAUTHENTICATED'],
        [other.tokens.accessToken, 'FORBIDDEN'],
      ] as const) {
        const answer = await test.graphql(`query ${query}`, { id }, token);
        expect({ id, data: answer.data, codes: answer.errors?.map(({ extensions }) => extensions.code) }).toEqual({
          id,
          data: { node: null, nodes: [null] },
          codes: [code, code],
        });
      }
    }
  });

  it('says nothing of a movement under an id that names another kind of movement', async () => {
    const credit = victim.ids.StoreCreditAccountCreditTransaction as string;
    for (const kindOfMovement of ['StoreCreditAccountDebitTransaction', ...NOT_MADE_YET]) {
      const id = credit.replace('StoreCreditAccountCreditTransaction', kindOfMovement);
      const answer = await test.graphql('query ($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }', { id }, victim.token);
      expect(answer).toMatchObject({ status: 200, data: { node: null, nodes: [null] } });
      expect(answer.errors).toBeUndefined();
    }
  });

  it('shows a customer everything of her own but the notes about her', async () => {
    const type = schema.getType('Customer') as GraphQLObjectType;
    const answers = await Promise.all(everythingInParts(type, 4).map((part) => test.graphql(`{ customer ${part} }`, {}, victim.token)));
    const told = JSON.stringify(answers);
    for (const text of victim.private) expect(told).toContain(text);
    for (const text of victim.notes) expect(told).not.toContain(text);
    const refused = answers.flatMap(({ errors }) => errors ?? []);
    expect(refused.length).toBeGreaterThan(2);
    for (const { path, extensions } of refused) {
      expect({ path, isForStaff: FOR_STAFF.has(String(path?.at(-1))), code: extensions.code }).toEqual({ path, isForStaff: true, code: 'FORBIDDEN' });
    }
  });

  it('names the scope that a staff token lacks, for every root field and every type', async () => {
    const without = new Map<Scope, string>();
    for (const scope of SCOPES) without.set(scope, (await givenStaff(SCOPES.filter((held) => held !== scope))).token);
    const guarded = (['query', 'mutation'] as const).flatMap((root) =>
      Object.values(rootFields(root)).flatMap(({ name, extensions }) => {
        const { staff } = scopesOf(extensions) as { staff?: Scope };
        return staff ? [{ query: operationsOn(root, name, 0)[0] as string, name, scope: staff, variables: cases[name]?.at(-1) }] : [];
      }),
    );
    expect(guarded.length).toBeGreaterThan(12);
    const scopeOf = (type: string): Scope => {
      if (type === 'StaffToken') return 'staff:read';
      if (type === 'IdentityProvider') return 'identity_providers:read';
      if (type === 'OidcClient') return 'oidc_clients:read';
      if (type === 'CustomerMerge' || type === 'DuplicateMergeRun') return 'merge:read';
      if (type === 'Order') return 'orders:read';
      if (type === 'MultipassSecret') return 'multipass:read';
      return type.startsWith('StoreCredit') ? 'store_credit:read' : 'customers:read';
    };
    const nodes = Object.entries(victim.ids).map(([type, id]) => ({
      query: 'query ($id: ID!) { node(id: $id) { id } }',
      name: 'node',
      scope: scopeOf(type),
      variables: { id },
    }));
    for (const { query, name, scope, variables } of [...guarded, ...nodes]) {
      const { data, errors } = await test.graphql(query, variables, without.get(scope));
      expect(data?.[name] ?? null).toBeNull();
      expect(errors?.[0]).toMatchObject({ message: expect.stringContaining(scope), extensions: { code: 'FORBIDDEN' } });
      expect(errors?.[0]?.path?.[0]).toBe(name);
    }
  });

  it('lets no staff token make or rotate one that can do more than itself', async () => {
    const { token } = await givenStaff(['staff:write', 'staff:read']);
    const make = 'mutation ($input: StaffTokenInput!) { staffTokenCreate(input: $input) { token userErrors { code field } } }';
    const made = await test.graphql(make, { input: { name: 'more', scopes: ['customers:read'] } }, token);
    expect(made.data.staffTokenCreate).toEqual({ token: null, userErrors: [{ code: 'SCOPE_NOT_HELD', field: ['input', 'scopes'] }] });
    const rotate = 'mutation ($id: ID!) { staffTokenRotate(id: $id) { token userErrors { code } } }';
    const rotated = await test.graphql(rotate, { id: victim.ids.StaffToken }, token);
    expect(rotated.data.staffTokenRotate).toEqual({ token: null, userErrors: [{ code: 'SCOPE_NOT_HELD' }] });
  });
});
