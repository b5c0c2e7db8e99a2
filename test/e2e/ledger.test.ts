import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCredit, givenSession } from '../support/given.ts';
import { watchBySocket } from '../support/watch.ts';

const TRANSACTION = 'storeCreditAccountTransaction { id __typename amount { amount } balanceAfterTransaction { amount } event }';
// biome-ignore lint/suspicious/noExplicitAny: what a test reads of an answer is what it asserts
type Payload = any;

const ERRORS = 'userErrors { field code message }';
const HELD = 'storeCreditHold { id state amount { amount } capturedAmount { amount } remainingAmount { amount } }';

const HOLD = `mutation ($id: ID!, $input: StoreCreditHoldInput!, $key: String!) {
  storeCreditHoldCreate(id: $id, holdInput: $input) @idempotent(key: $key) { ${HELD} ${ERRORS} } }`;
const CAPTURE = `mutation ($id: ID!, $input: StoreCreditHoldCaptureInput) { storeCreditHoldCapture(id: $id, captureInput: $input) { ${HELD} ${TRANSACTION} ${ERRORS} } }`;
const RELEASE = `mutation ($id: ID!) { storeCreditHoldRelease(id: $id) { ${HELD} ${ERRORS} } }`;
const CREDIT = `mutation ($id: ID!, $input: StoreCreditAccountCreditInput!) { storeCreditAccountCredit(id: $id, creditInput: $input) { ${TRANSACTION} ${ERRORS} } }`;
const DEBIT = `mutation ($id: ID!, $input: StoreCreditAccountDebitInput!) { storeCreditAccountDebit(id: $id, debitInput: $input) { ${TRANSACTION} ${ERRORS} } }`;
const REVERT = `mutation ($id: ID!, $input: StoreCreditDebitRevertInput) { storeCreditDebitRevert(id: $id, revertInput: $input) { ${TRANSACTION} ${ERRORS} } }`;
const REVERSE = `mutation ($id: ID!) { storeCreditCreditReverse(id: $id) { ${TRANSACTION} ${ERRORS} } }`;
const EXPIRY = `mutation ($id: ID!, $input: StoreCreditCreditExpiryInput!) { storeCreditCreditExpiryUpdate(id: $id, expiryInput: $input) { ${TRANSACTION} ${ERRORS} } }`;
const TRANSFER = `mutation ($id: ID!, $input: StoreCreditAccountTransferInput!) { storeCreditAccountTransfer(id: $id, transferInput: $input) { ${TRANSACTION} ${ERRORS} } }`;

describe.each(backends)('the ledger over HTTP on $name', (kind) => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await startTestGateway(kind);
  });
  afterAll(() => test.stop());

  const eur = (amount: string) => ({ amount, currencyCode: 'EUR' });
  const run = async (query: string, id: string, input?: object) => {
    const { data, errors } = await test.graphql(query, { id, input, key: randomUUID() }, test.staffToken);
    expect(errors).toBeUndefined();
    return Object.values(data)[0] as Payload;
  };
  const account = async (minor = 10_000n, currency = 'EUR') => {
    const session = await givenSession(test.app);
    const { gid } = await givenCredit(test.app, session.customerId, minor, { currency });
    return { ...session, owner: session.gid, gid };
  };

  it('holds at checkout, captures what is shipped, and lets go of the rest', async () => {
    const { gid, tokens } = await account();
    const made = await run(HOLD, gid, { amount: eur('60.00'), memo: 'Order 17', reference: 'cart-17', metadata: [{ key: 'till', value: '3' }] });
    expect(made).toMatchObject({ userErrors: [], storeCreditHold: { state: 'ACTIVE', amount: { amount: '60.00' } } });
    const { id } = made.storeCreditHold;
    const refused = await run(DEBIT, gid, { debitAmount: eur('40.01') });
    expect(refused.userErrors).toMatchObject([{ code: 'INSUFFICIENT_FUNDS', field: ['debitInput', 'debitAmount'] }]);
    const part = await run(CAPTURE, id, { amount: eur('25.00'), originId: 'gid://shopify/OrderTransaction/42' });
    expect(part).toMatchObject({
      userErrors: [],
      storeCreditHold: { state: 'ACTIVE', capturedAmount: { amount: '25.00' }, remainingAmount: { amount: '35.00' } },
      storeCreditAccountTransaction: { __typename: 'StoreCreditAccountDebitTransaction', amount: { amount: '-25.00' }, event: 'ORDER_PAYMENT' },
    });
    expect((await run(CAPTURE, id, { amount: eur('36') })).userErrors).toMatchObject([
      { code: 'AMOUNT_EXCEEDS_HOLD', field: ['captureInput', 'amount'] },
    ]);
    expect(await run(RELEASE, id)).toMatchObject({ userErrors: [], storeCreditHold: { state: 'RELEASED', remainingAmount: { amount: '0.00' } } });
    expect((await run(RELEASE, id)).userErrors).toMatchObject([{ code: 'HOLD_ENDED', field: ['id'] }]);

    const hers = await test.graphql(
      `query ($id: ID!) { storeCreditAccount(id: $id) {
        balance { amount } available { amount } held { amount }
        holds(first: 5, query: "state:released reference:cart-17") { nodes { state memo captures { amount { amount } hold { id } } } }
        transactions(first: 5, query: "type:debit") { nodes { origin { __typename ... on OrderTransaction { id } } ... on StoreCreditAccountDebitTransaction { hold { id } } } }
      } }`,
      { id: gid },
      tokens.accessToken,
    );
    expect(hers.data.storeCreditAccount).toEqual({
      balance: { amount: '75.00' },
      available: { amount: '75.00' },
      held: { amount: '0.00' },
      holds: { nodes: [{ state: 'RELEASED', memo: 'Order 17', captures: [{ amount: { amount: '-25.00' }, hold: { id } }] }] },
      transactions: { nodes: [{ origin: { __typename: 'OrderTransaction', id: 'gid://shopify/OrderTransaction/42' }, hold: { id } }] },
    });
  });

  it('reverts, reverses, transfers and moves expiries, and shows how each lot came to be what it is', async () => {
    const { gid } = await account();
    const other = await account(1n);
    const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
    const credit = await run(CREDIT, gid, { creditAmount: eur('20.00'), expiresAt, event: 'GOODWILL', reason: 'LATE', note: 'called' });
    const creditId = credit.storeCreditAccountTransaction.id;
    const debit = await run(DEBIT, gid, { debitAmount: eur('30.00'), reference: 'order-1' });
    const debitId = debit.storeCreditAccountTransaction.id;
    expect(await run(REVERT, debitId, { amount: eur('25.00'), event: 'ORDER_REFUND' })).toMatchObject({
      userErrors: [],
      storeCreditAccountTransaction: { __typename: 'StoreCreditAccountDebitRevertTransaction', amount: { amount: '25.00' }, event: 'ORDER_REFUND' },
    });
    const later = new Date(Date.now() + 2 * 86_400_000).toISOString();
    expect((await run(EXPIRY, creditId, { expiresAt: later, note: 'asked' })).userErrors).toEqual([]);
    expect(await run(TRANSFER, gid, { toId: other.owner, amount: eur('5.00') })).toMatchObject({
      userErrors: [],
      storeCreditAccountTransaction: { amount: { amount: '-5.00' }, event: 'TRANSFER' },
    });
    expect(await run(REVERSE, creditId)).toMatchObject({
      userErrors: [],
      storeCreditAccountTransaction: { amount: { amount: '-10.00' }, event: 'REVERSAL' },
    });
    const { data } = await test.graphql(
      `query ($credit: ID!, $debit: ID!, $other: ID!) {
        credit: node(id: $credit) { ... on StoreCreditAccountCreditTransaction {
          expiresAt remainingAmount { amount } reason actor expiryChanges { kind previousExpiresAt expiresAt note } } }
        debit: node(id: $debit) { ... on StoreCreditAccountDebitTransaction {
          revertedAmount { amount } reference allocations { amount { amount } creditTransaction { id } } } }
        storeCreditAccount(id: $other) { balance { amount } nextExpiry { expiresAt amount { amount } } }
      }`,
      { credit: creditId, debit: debitId, other: other.gid },
      test.staffToken,
    );
    expect(data.credit).toMatchObject({
      expiresAt: later,
      remainingAmount: { amount: '0.00' },
      reason: 'LATE',
      actor: expect.stringMatching(/^staff:/),
      expiryChanges: [{ kind: 'EXPIRY_CHANGED', previousExpiresAt: expiresAt, expiresAt: later, note: 'asked' }],
    });
    expect(data.debit).toMatchObject({
      revertedAmount: { amount: '25.00' },
      reference: 'order-1',
      allocations: [{ amount: { amount: '20.00' } }, {}],
    });
    expect(data.storeCreditAccount).toMatchObject({ balance: { amount: '5.01' }, nextExpiry: { expiresAt: later, amount: { amount: '5.00' } } });
  });

  it('tells the balance at any moment', async () => {
    const { gid } = await account();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const between = new Date().toISOString();
    await new Promise((resolve) => setTimeout(resolve, 20));
    for (let count = 0; count < 5; count += 1) await run(DEBIT, gid, { debitAmount: eur('1.00') });
    const { data } = await test.graphql(
      `query ($id: ID!, $at: DateTime) { storeCreditAccount(id: $id) {
        now: balance { amount } before: balance(at: $at) { amount } first: balance(at: "2001-01-01T00:00:00Z") { amount } } }`,
      { id: gid, at: between },
      test.staffToken,
    );
    expect(data.storeCreditAccount).toEqual({ now: { amount: '95.00' }, before: { amount: '100.00' }, first: { amount: '0.00' } });
  });

  it.each([
    ['EUR', '10.07', '10.071'],
    ['JPY', '10', '10.1'],
    ['KWD', '10.007', '10.0071'],
  ])('keeps %s exactly, and refuses more decimals than it has', async (currencyCode, exact, tooExact) => {
    const owner = (await givenSession(test.app)).gid;
    const credit = await run(CREDIT, owner, { creditAmount: { amount: exact, currencyCode } });
    expect(credit.storeCreditAccountTransaction.balanceAfterTransaction.amount).toBe(exact);
    const hold = await run(HOLD, owner, { amount: { amount: exact, currencyCode } });
    expect(hold.storeCreditHold.remainingAmount.amount).toBe(exact);
    const over = { amount: tooExact, currencyCode };
    const { id } = hold.storeCreditHold;
    const refusals = [
      (await run(HOLD, owner, { amount: over })).userErrors,
      (await run(CAPTURE, id, { amount: over })).userErrors,
      (await run(CREDIT, owner, { creditAmount: over })).userErrors,
    ];
    expect(refusals.flat().map(({ code }: { code: string }) => code)).toEqual(Array(3).fill('TOO_MANY_DECIMALS'));
    const captured = await run(CAPTURE, id);
    expect(captured.storeCreditAccountTransaction).toMatchObject({ amount: { amount: `-${exact}` } });
    const reverted = await run(REVERT, captured.storeCreditAccountTransaction.id);
    expect(reverted.storeCreditAccountTransaction.balanceAfterTransaction.amount).toBe(exact);
  });

  it('answers one key with one hold, fifty times at once, word for word', async () => {
    const { gid } = await account();
    const key = randomUUID();
    const variables = { id: gid, input: { amount: eur('1.00') }, key };
    const answers = await Promise.all(Array.from({ length: 50 }, () => test.graphql(HOLD, variables, test.staffToken)));
    expect(new Set(answers.map(({ data }) => JSON.stringify(data))).size).toBe(1);
    const other = await test.graphql(HOLD, { ...variables, input: { amount: eur('2.00') } }, test.staffToken);
    expect(other.data.storeCreditHoldCreate.userErrors).toMatchObject([{ code: 'IDEMPOTENCY_KEY_PARAMETER_MISMATCH' }]);
  });

  it('tells live readers of holds as of movements, in order and without a gap', async () => {
    const { gid, tokens } = await account();
    const watcher = watchBySocket({ graphqlUrl: test.graphqlUrl, token: tokens.accessToken, accountId: gid });
    const [present] = await watcher.take(1);
    expect(present).toMatchObject({ account: { version: '1', held: { amount: '0.00' } }, transaction: null, change: null });
    const { id } = (await run(HOLD, gid, { amount: eur('60.00') })).storeCreditHold;
    await run(DEBIT, gid, { debitAmount: eur('10.00') });
    await run(CAPTURE, id, { amount: eur('20.00'), final: true });
    const told = await watcher.take(4);
    const seen = told.map(({ account: left, transaction, change }) => [
      left.version,
      left.balance.amount,
      left.available.amount,
      left.held.amount,
      transaction?.amount.amount ?? change?.kind,
    ]);
    expect(seen).toEqual([
      ['2', '100.00', '40.00', '60.00', 'HOLD_CREATED'],
      ['3', '90.00', '30.00', '60.00', '-10.00'],
      ['4', '70.00', '30.00', '40.00', '-20.00'],
      ['5', '70.00', '70.00', '0.00', 'HOLD_RELEASED'],
    ]);
    expect(told.map(({ transaction, change }) => transaction?.version ?? change?.version)).toEqual(['2', '3', '4', '5']);
    await watcher.stop();
  });
});
