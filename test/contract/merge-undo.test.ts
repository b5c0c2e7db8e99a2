import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCredit, givenCustomer, givenSession, someEmail } from '../support/given.ts';
import { creditOf, givenProven, mergeInto } from '../support/merging.ts';

const PREVIEW = `query ($id: ID!, $choices: [CustomerMergeUndoChoice!]) { customerMergeUndoPreview(mergeId: $id, choices: $choices) {
  version customerId restoredCustomerId conflicts { customerId field before merged now options chosen }
  storeCredit { came { amount currencyCode } spent { amount } expired { amount } held { amount } returns { amount } }
  consequences { code message } userErrors { code field message } } }`;
const UNDO = `mutation ($id: ID!, $choices: [CustomerMergeUndoChoice!], $version: String) { customerMergeUndo(mergeId: $id, choices: $choices, version: $version) {
  customerId restoredCustomerId customerMerge { state undoneAt } userErrors { code field message } } }`;
const CUSTOMER = 'query ($id: ID!) { customer(id: $id) { id firstName lastName email phone note tags mergedFrom { id } } }';

describe.each(backends)('undoing merges on $name', (kind) => {
  let test: TestGateway;
  let now = new Date();
  beforeAll(async () => {
    test = await startTestGateway(kind, () => now);
  });
  afterAll(() => test.stop());

  const ask = async (query: string, variables: object, token: string | null = test.staffToken) => {
    const answer = await test.graphql(query, variables, token);
    expect(answer.errors).toBeUndefined();
    return answer.data;
  };
  const gidOf = (mergeId: string) => `gid://clientele/CustomerMerge/${mergeId}`;
  const previewOf = async (mergeId: string, choices: object[] = []) => (await ask(PREVIEW, { id: gidOf(mergeId), choices })).customerMergeUndoPreview;
  const undoBy = async (mergeId: string, more: object = {}) => (await ask(UNDO, { id: gidOf(mergeId), ...more })).customerMergeUndo;
  const see = async (id: string) => (await ask(CUSTOMER, { id })).customer;
  const update = (input: object) =>
    ask('mutation ($input: CustomerUpdateInput!) { customerUpdate(input: $input) { userErrors { code } } }', { input });

  it('gives both profiles back as they were', async () => {
    const one = await givenProven(test.app, { firstName: 'Ida', note: 'one', tags: ['a'] });
    const two = await givenProven(test.app, { firstName: 'Bo', note: 'two', tags: ['b'] });
    const before = [await see(one.gid), await see(two.gid)];
    const { mergeId } = await mergeInto(test.app, two.customerId, one.customerId);
    expect(await see(one.gid)).toMatchObject({ id: two.gid, note: 'two\none', tags: ['b', 'a'] });
    const preview = await previewOf(mergeId);
    expect(preview).toMatchObject({ customerId: two.gid, restoredCustomerId: one.gid, conflicts: [], consequences: [], userErrors: [] });
    expect(await undoBy(mergeId, { version: preview.version })).toMatchObject({
      customerId: two.gid,
      restoredCustomerId: one.gid,
      customerMerge: { state: 'UNDONE' },
      userErrors: [],
    });
    expect([await see(one.gid), await see(two.gid)]).toEqual(before);
    expect(await undoBy(mergeId)).toMatchObject({ userErrors: [{ code: 'MERGE_UNDONE' }] });
    expect((await previewOf(mergeId)).userErrors).toMatchObject([{ code: 'MERGE_UNDONE' }]);
  });

  it('keeps what was changed since, and asks about what both have changed', async () => {
    const one = await givenProven(test.app, { firstName: 'Ida', lastName: 'Holm', note: 'one', tags: ['a'] });
    const two = await givenProven(test.app, { lastName: 'Berg', note: 'two', tags: ['b', 'c'] });
    const { mergeId } = await mergeInto(test.app, two.customerId, one.customerId);
    // Taken from the other by the merge; hers all along; together by the merge; joined by the merge.
    await update({ id: two.gid, firstName: 'Idun', lastName: 'Bergen', tags: ['b', 'a', 'new'], note: 'mine' });
    const { conflicts } = await previewOf(mergeId);
    const conflict = { customerId: two.gid, options: ['KEEP_NOW', 'RESTORE'], chosen: null };
    expect(conflicts).toEqual([
      { ...conflict, field: 'firstName', before: null, merged: 'Ida', now: 'Idun' },
      { ...conflict, field: 'note', before: 'two', merged: 'two\none', now: 'mine' },
    ]);
    expect(await undoBy(mergeId)).toMatchObject({ customerId: null, userErrors: [{ code: 'CHOICE_NEEDED', field: ['choices'] }] });
    const choose = (field: string, resolution: string) => ({ customerId: two.gid, field, resolution });
    expect(await undoBy(mergeId, { choices: [choose('lastName', 'RESTORE')] })).toMatchObject({ userErrors: [{ code: 'CHOICE_INVALID' }] });
    const choices = [choose('firstName', 'RESTORE'), choose('note', 'KEEP_NOW')];
    const { version, conflicts: decided } = await previewOf(mergeId, choices);
    expect(decided.map(({ chosen }: { chosen: string }) => chosen)).toEqual(['RESTORE', 'KEEP_NOW']);
    expect((await undoBy(mergeId, { choices, version })).userErrors).toEqual([]);
    expect(await see(two.gid)).toMatchObject({ firstName: null, lastName: 'Bergen', note: 'mine', tags: ['b', 'new'], mergedFrom: [] });
    expect(await see(one.gid)).toMatchObject({ id: one.gid, firstName: 'Ida', lastName: 'Holm', note: 'one', tags: ['a'] });
  });

  it('asks about a default address that would go back', async () => {
    const [one, two] = [await givenCustomer(test.app), await givenCustomer(test.app)];
    const add = (id: string) =>
      ask('mutation ($id: ID!) { customerAddressCreate(customerId: $id, address: { address1: "Vestergade 1" }) { customerAddress { id } } }', { id });
    const own = (await add(two.gid)).customerAddressCreate.customerAddress.id;
    await add(one.gid);
    const address = (
      await ask('mutation ($id: ID!) { customerAddressCreate(customerId: $id, address: { address1: "Elsewhere 2" }) { customerAddress { id } } }', {
        id: one.gid,
      })
    ).customerAddressCreate.customerAddress.id;
    const { mergeId } = await mergeInto(test.app, two.customerId, one.customerId);
    await test.app.backend.database.prisma.customer.update({
      where: { id: two.customerId },
      data: { defaultAddressId: address.split('/').at(-1) },
    });
    const { conflicts } = await previewOf(mergeId);
    expect(conflicts).toMatchObject([{ customerId: two.gid, field: 'defaultAddress', now: address.split('/').at(-1) }]);
    const choices = [{ customerId: two.gid, field: 'defaultAddress', resolution: 'KEEP_NOW' }];
    expect((await undoBy(mergeId, { choices })).userErrors).toEqual([]);
    const query = 'query ($id: ID!) { customer(id: $id) { defaultAddress { id } addresses(first: 5) { nodes { id } } } }';
    expect((await ask(query, { id: two.gid })).customer).toEqual({
      defaultAddress: { id: address },
      addresses: { nodes: [{ id: own }, { id: address }] },
    });
    // The twin that stayed behind is the default again.
    expect((await ask(query, { id: one.gid })).customer.addresses.nodes).toHaveLength(1);
  });

  it('gives back what is left of the credit that came, lot by lot, and says what became of the rest', async () => {
    const [one, two] = [await givenCustomer(test.app), await givenCustomer(test.app)];
    const soon = new Date(now.getTime() + 3_600_000);
    const later = new Date(now.getTime() + 7_200_000);
    await givenCredit(test.app, one.customerId, 1000n, { expiresAt: soon });
    await givenCredit(test.app, one.customerId, 2000n, { expiresAt: later });
    await givenCredit(test.app, two.customerId, 500n);
    const { mergeId } = await mergeInto(test.app, two.customerId, one.customerId);
    await ask(
      'mutation ($id: ID!) { storeCreditAccountDebit(id: $id, debitInput: { debitAmount: { amount: "4.00", currencyCode: EUR } }) { userErrors { code } } }',
      { id: two.gid },
    );
    expect((await previewOf(mergeId)).storeCredit).toEqual([
      {
        came: { amount: '30.00', currencyCode: 'EUR' },
        spent: { amount: '4.00' },
        expired: { amount: '0.00' },
        held: { amount: '0.00' },
        returns: { amount: '26.00' },
      },
    ]);
    now = new Date(soon.getTime() + 1);
    // What is held of the survivor's stays with her.
    await ask(
      'mutation ($id: ID!) { storeCreditHoldCreate(id: $id, holdInput: { amount: { amount: "10.00", currencyCode: EUR } }) { userErrors { code } } }',
      { id: two.gid },
    );
    expect((await previewOf(mergeId)).storeCredit).toMatchObject([
      { spent: { amount: '4.00' }, expired: { amount: '6.00' }, held: { amount: '5.00' }, returns: { amount: '15.00' } },
    ]);
    expect((await undoBy(mergeId)).userErrors).toEqual([]);
    const lots = (rows: string[]) => rows.filter((row) => row.startsWith('lot')).map((row) => `${row.split(' ').at(-1)}`);
    expect(lots(await creditOf(test.app, one.customerId))).toEqual(['1500']);
    expect(lots(await creditOf(test.app, two.customerId)).sort()).toEqual(['500', '500', '600']);
  });

  it('goes backwards through a chain, the last merge first', async () => {
    const [a, b, c] = [await givenProven(test.app), await givenProven(test.app), await givenProven(test.app)];
    await givenCredit(test.app, a.customerId, 100n);
    const first = await mergeInto(test.app, b.customerId, a.customerId);
    const second = await mergeInto(test.app, c.customerId, b.customerId);
    const refused = await undoBy(first.mergeId);
    expect(refused.userErrors).toMatchObject([{ code: 'UNDO_LATER_MERGE_FIRST', message: expect.stringContaining(second.mergeId) }]);
    expect((await undoBy(second.mergeId)).userErrors).toEqual([]);
    expect(await see(a.gid)).toMatchObject({ id: b.gid });
    expect(await see(c.gid)).toMatchObject({ mergedFrom: [] });
    expect((await undoBy(first.mergeId)).userErrors).toEqual([]);
    expect((await see(a.gid)).id).toBe(a.gid);
    expect(await creditOf(test.app, a.customerId)).toEqual(['lot EUR 100']);
    expect([await creditOf(test.app, b.customerId), await creditOf(test.app, c.customerId)]).toEqual([[], []]);
    // And once more: what was undone is no obstacle.
    expect((await mergeInto(test.app, b.customerId, a.customerId)).resultingCustomerId).toBe(b.customerId);
  });

  it('is over when the window is', async () => {
    const [one, two] = [await givenCustomer(test.app), await givenCustomer(test.app)];
    const { mergeId } = await mergeInto(test.app, two.customerId, one.customerId);
    const then = now;
    now = new Date(then.getTime() + 31 * 86_400_000);
    expect((await undoBy(mergeId)).userErrors).toMatchObject([{ code: 'UNDO_WINDOW_OVER' }]);
    now = new Date(then.getTime() + 29 * 86_400_000);
    expect((await undoBy(mergeId)).userErrors).toEqual([]);
    expect((await undoBy('00000000-0000-7000-8000-000000000000')).userErrors).toMatchObject([{ code: 'MERGE_NOT_FOUND' }]);
  });

  it('refuses a preview that is no longer true', async () => {
    const [one, two] = [await givenCustomer(test.app), await givenCustomer(test.app)];
    const { mergeId } = await mergeInto(test.app, two.customerId, one.customerId);
    const { version } = await previewOf(mergeId);
    await update({ id: two.gid, firstName: 'Other' });
    expect((await undoBy(mergeId, { version })).userErrors).toMatchObject([{ code: 'PREVIEW_OUTDATED' }]);
  });

  it('lets a profile go without an address that somebody else has proven since', async () => {
    const one = await givenCustomer(test.app);
    const two = await givenProven(test.app);
    const { mergeId } = await mergeInto(test.app, two.customerId, one.customerId);
    // Not proven at the merge, so it does not lead to the survivor: whoever proves it is somebody new.
    await ask('mutation ($email: String!) { signInCodeRequest(email: $email) { userErrors { code } } }', { email: one.email }, null);
    const mail = await until(() => test.mails.find(({ to }) => to === one.email));
    const confirmed = await ask(
      'mutation ($email: String!, $code: String!) { signInCodeConfirm(email: $email, code: $code) { customer { id } userErrors { code } } }',
      { email: one.email, code: mail.code },
      null,
    );
    const newcomer = confirmed.signInCodeConfirm.customer.id;
    expect([one.gid, two.gid]).not.toContain(newcomer);
    const { conflicts } = await previewOf(mergeId);
    expect(conflicts).toMatchObject([{ customerId: one.gid, field: 'email', before: one.email, options: ['KEEP_NOW'] }]);
    expect((await undoBy(mergeId)).userErrors).toMatchObject([{ code: 'CHOICE_NEEDED' }]);
    const choices = [{ customerId: one.gid, field: 'email', resolution: 'KEEP_NOW' }];
    expect((await undoBy(mergeId, { choices })).userErrors).toEqual([]);
    expect((await see(one.gid)).email).toBeNull();
    expect((await see(newcomer)).email).toBe(one.email);
  });

  it('signs in by either address while both are proven, and ends what was signed in to since', async () => {
    const [one, two] = [await givenProven(test.app), await givenProven(test.app)];
    const { mergeId } = await mergeInto(test.app, two.customerId, one.customerId);
    for (const { email } of [one, two]) {
      await ask('mutation ($email: String!) { signInCodeRequest(email: $email) { userErrors { code } } }', { email }, null);
      const mail = await until(() => test.mails.find(({ to }) => to === email));
      const { signInCodeConfirm } = await ask(
        'mutation ($email: String!, $code: String!) { signInCodeConfirm(email: $email, code: $code) { customer { id } session { accessToken } } }',
        { email, code: mail.code },
        null,
      );
      expect(signInCodeConfirm.customer.id).toBe(two.gid);
    }
    expect((await previewOf(mergeId)).consequences).toMatchObject([{ code: 'MERGE_UNDO_ENDS_SESSIONS', message: expect.stringContaining('2') }]);
    await undoBy(mergeId);
    expect(await test.app.backend.database.prisma.session.count({ where: { customerId: two.customerId, revokedAt: null } })).toBe(0);
  });

  describe('a customer’s own accounts', () => {
    const REQUEST = 'mutation ($email: String!) { customerOwnMergeRequest(email: $email) { expiresAt userErrors { code field } } }';
    const CONFIRM = `mutation ($email: String!, $code: String!) { customerOwnMergeConfirm(email: $email, code: $code) { proof
      preview { resultingCustomerId version dropped { code field value } storeCredit { moves { amount } } defaultFields { email { emailAddress } addresses(first: 5) { nodes { address1 } } } }
      userErrors { code field } } }`;
    const OWN = `mutation ($proof: String!, $override: CustomerMergeOverrideFields, $version: String) {
      customerOwnMerge(proof: $proof, overrideFields: $override, version: $version) { customer { id storeCreditAccounts(first: 2) { nodes { balance { amount } } } } userErrors { code field } } }`;

    it('are merged when she proves the other address', async () => {
      const me = await givenSession(test.app, { note: 'of the shop' });
      const other = await givenCustomer(test.app, { firstName: 'Other', note: 'secret of the shop' });
      await ask('mutation ($id: ID!) { customerAddressCreate(customerId: $id, address: { address1: "Hers" }) { userErrors { code } } }', {
        id: other.gid,
      });
      await givenCredit(test.app, other.customerId, 1234n);
      const token = me.tokens.accessToken;
      await ask(REQUEST, { email: other.email }, token);
      const { code } = await until(() => test.mails.find(({ to }) => to === other.email));
      const wrong = await ask(CONFIRM, { email: other.email, code: code === '000000' ? '000001' : '000000' }, token);
      expect(wrong.customerOwnMergeConfirm).toMatchObject({ proof: null, preview: null, userErrors: [{ code: 'INVALID_CODE' }] });
      const { proof, preview, userErrors } = (await ask(CONFIRM, { email: other.email, code }, token)).customerOwnMergeConfirm;
      expect(userErrors).toEqual([]);
      expect(preview).toMatchObject({
        resultingCustomerId: me.gid,
        storeCredit: [{ moves: { amount: '12.34' } }],
        defaultFields: { email: { emailAddress: me.email }, addresses: { nodes: [{ address1: 'Hers' }] } },
      });
      expect(JSON.stringify(preview)).not.toContain('of the shop');
      // The proof is hers alone, and names nobody else.
      const thief = await givenSession(test.app);
      expect((await ask(OWN, { proof }, thief.tokens.accessToken)).customerOwnMerge.userErrors).toEqual([
        { code: 'PROOF_INVALID', field: ['proof'] },
      ]);
      expect((await ask(OWN, { proof, override: { note: 'mine' } }, token)).customerOwnMerge.userErrors).toMatchObject([
        { code: 'OVERRIDE_ATTRIBUTE_INVALID' },
      ]);
      const merged = await ask(OWN, { proof, version: preview.version }, token);
      expect(merged.customerOwnMerge).toEqual({
        customer: { id: me.gid, storeCreditAccounts: { nodes: [{ balance: { amount: '12.34' } }] } },
        userErrors: [],
      });
      expect((await ask(OWN, { proof }, token)).customerOwnMerge.userErrors).toMatchObject([{ code: 'PROOF_INVALID' }]);
    });

    it('are not told of addresses that are nobody’s before the code came back', async () => {
      const me = await givenSession(test.app);
      const email = someEmail();
      const { customerOwnMergeRequest } = await ask(REQUEST, { email }, me.tokens.accessToken);
      expect(customerOwnMergeRequest.userErrors).toEqual([]);
      const { code } = await until(() => test.mails.find(({ to }) => to === email));
      const { customerOwnMergeConfirm } = await ask(CONFIRM, { email, code }, me.tokens.accessToken);
      expect(customerOwnMergeConfirm).toEqual({ proof: null, preview: null, userErrors: [{ code: 'CUSTOMER_DOES_NOT_EXIST', field: ['email'] }] });
    });
  });
});

const until = async <Value>(look: () => Value | undefined): Promise<Value> => {
  for (let tries = 0; tries < 100; tries += 1) {
    const found = look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('It did not come.');
};
