import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { debit } from '../../src/capabilities/store-credit/debit.ts';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCredit, givenSession } from '../support/given.ts';

// Rules and reports are the shop's: these currencies are this file's alone.
const RULED = 'BTN';
const REPORTED = 'BWP';

const ERRORS = 'userErrors { field code message }';
const RULES = `mutation ($currency: CurrencyCode!, $input: StoreCreditRulesInput!) { storeCreditRulesUpdate(currencyCode: $currency, input: $input) {
  storeCreditRules { currencyCode enabled maximumBalance { amount } maximumOrderPercentage defaultExpiryDays approvalAbove { amount } } ${ERRORS} } }`;
const CREDIT = `mutation ($id: ID!, $input: StoreCreditAccountCreditInput!) { storeCreditAccountCredit(id: $id, creditInput: $input) {
  storeCreditAccountTransaction { id amount { amount } ... on StoreCreditAccountCreditTransaction { expiresAt } } ${ERRORS} } }`;
const REQUEST = `mutation ($id: ID!, $input: StoreCreditAccountCreditInput!) { storeCreditCreditRequestCreate(id: $id, creditInput: $input) {
  storeCreditCreditRequest { id state } ${ERRORS} } }`;
const APPROVE = `mutation ($id: ID!) { storeCreditCreditRequestApprove(id: $id) {
  storeCreditCreditRequest { state requestedBy decidedBy transaction { id amount { amount } creditRequest { id } } } ${ERRORS} } }`;
const REFUND = `mutation ($order: StoreCreditRefundOrderInput!, $input: StoreCreditRefundInput!) { storeCreditRefund(order: $order, refundInput: $input) {
  storeCreditRefund { amount { amount } bonusAmount { amount } transaction { event } bonusTransaction { event amount { amount } }
    order { refundableToStoreCredit { amount } storeCreditRefunds { amount { amount } } } }
  storeCreditAccountTransaction { amount { amount } } ${ERRORS} } }`;
const CODES = `mutation ($input: StoreCreditCodesInput!, $key: String!) { storeCreditCodesCreate(input: $input) @idempotent(key: $key) {
  codes storeCreditCodes { id hint state } ${ERRORS} } }`;
const CLAIM = `mutation ($code: String!) { storeCreditCodeClaim(code: $code) {
  storeCreditAccountTransaction { amount { amount } memo account { balance { amount } } } ${ERRORS} } }`;
const QUOTE = `query ($total: MoneyInput!, $id: ID) { storeCreditQuote(orderTotal: $total, customerId: $id) {
  usable { amount } remainingTotal { amount } limits { reason amount { amount currencyCode } } } }`;

describe.each(backends)('the credit desk over HTTP on $name', (kind) => {
  let test: TestGateway;
  let chief: string;
  beforeAll(async () => {
    test = await startTestGateway(kind);
    const input = { name: 'chief', scopes: ['store_credit:approve', 'store_credit:read', 'customers:read'] };
    const made = await test.graphql('mutation ($input: StaffTokenInput!) { staffTokenCreate(input: $input) { token } }', { input }, test.staffToken);
    chief = made.data.staffTokenCreate.token;
  });
  afterAll(() => test.stop());

  // biome-ignore lint/suspicious/noExplicitAny: what a test reads of an answer is what it asserts
  const run = async (query: string, variables: object, token = test.staffToken): Promise<any> => {
    const { data, errors } = await test.graphql(query, variables, token);
    expect(errors).toBeUndefined();
    return Object.values(data)[0];
  };
  const of = (currencyCode: string) => (amount: string) => ({ amount, currencyCode });

  it('keeps rules, quotes by them, and lets two give what one may not', async () => {
    const money = of(RULED);
    const { gid, tokens } = await givenSession(test.app);
    const input = { approvalAbove: '50', defaultExpiryDays: 30, maximumOrderPercentage: '25', maximumBalance: '500' };
    expect(await run(RULES, { currency: RULED, input })).toEqual({
      storeCreditRules: {
        currencyCode: RULED,
        enabled: true,
        maximumBalance: { amount: '500.00' },
        maximumOrderPercentage: '25',
        defaultExpiryDays: 30,
        approvalAbove: { amount: '50.00' },
      },
      userErrors: [],
    });
    expect((await run(RULES, { currency: RULED, input: { maximumIssue: '-1' } })).userErrors).toMatchObject([
      { code: 'NEGATIVE_OR_ZERO_AMOUNT', field: ['input', 'maximumIssue'] },
    ]);
    const asked = { creditAmount: money('120.00'), note: 'long wait' };
    expect((await run(CREDIT, { id: gid, input: asked })).userErrors).toMatchObject([
      { code: 'APPROVAL_REQUIRED', field: ['creditInput', 'creditAmount'] },
    ]);
    const { storeCreditCreditRequest: request } = await run(REQUEST, { id: gid, input: asked });
    expect(request.state).toBe('PENDING');
    const list = 'query ($query: String) { storeCreditCreditRequests(first: 5, query: $query) { nodes { id state note customer { id } } } }';
    const query = `state:pending customer_id:"${gid}"`;
    expect(await run(list, { query })).toEqual({ nodes: [{ id: request.id, state: 'PENDING', note: 'long wait', customer: { id: gid } }] });
    // Who may not approve is told so; who asked is refused.
    const forbidden = await test.graphql(APPROVE, { id: request.id }, tokens.accessToken);
    expect(forbidden.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    expect((await run(APPROVE, { id: request.id })).userErrors).toMatchObject([{ code: 'OWN_REQUEST' }]);
    // The chief's token was made by the clerk who asks, and is no second pair of eyes.
    expect((await run(APPROVE, { id: request.id }, chief)).userErrors).toMatchObject([{ code: 'OWN_REQUEST' }]);
    await test.app.backend.database.prisma.staffToken.updateMany({ where: { name: 'chief' }, data: { createdBy: 'system' } });
    const approved = await run(APPROVE, { id: request.id }, chief);
    expect(approved).toMatchObject({
      storeCreditCreditRequest: { state: 'APPROVED', transaction: { amount: { amount: '120.00' }, creditRequest: { id: request.id } } },
      userErrors: [],
    });
    expect(approved.storeCreditCreditRequest.requestedBy).not.toBe(approved.storeCreditCreditRequest.decidedBy);
    const given = await run(CREDIT, { id: gid, input: { creditAmount: money('10.00') } });
    const days = (Date.parse(given.storeCreditAccountTransaction.expiresAt) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(29.9);
    expect(days).toBeLessThan(30.1);

    const hers = await run(QUOTE, { total: money('200.00') }, tokens.accessToken);
    expect(hers).toEqual({
      usable: { amount: '50.00' },
      remainingTotal: { amount: '150.00' },
      limits: [
        { reason: 'INSUFFICIENT_FUNDS', amount: { amount: '130.00', currencyCode: RULED } },
        { reason: 'ORDER_SHARE', amount: { amount: '50.00', currencyCode: RULED } },
      ],
    });
    expect(await run(QUOTE, { total: money('200.00'), id: gid })).toEqual(hers);
    const other = await givenSession(test.app);
    const peek = await test.graphql(QUOTE, { total: money('1'), id: gid }, other.tokens.accessToken);
    expect(peek.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    const hold = `mutation ($id: ID!, $input: StoreCreditHoldInput!) { storeCreditHoldCreate(id: $id, holdInput: $input) { storeCreditHold { id } ${ERRORS} } }`;
    expect((await run(hold, { id: gid, input: { amount: money('50.01'), orderTotal: money('200') } })).userErrors).toMatchObject([
      { code: 'ORDER_SHARE_EXCEEDED', field: ['holdInput', 'amount'] },
    ]);
    expect((await run(hold, { id: gid, input: { amount: money('50.00'), orderTotal: money('200') } })).userErrors).toEqual([]);
  });

  it('refunds an order by the backend’s id, with a bonus apart, and never more than was paid', async () => {
    const { gid, tokens } = await givenSession(test.app);
    const externalId = randomUUID();
    const order = {
      externalId,
      name: '#7',
      currencyCode: 'EUR',
      totalPrice: '80.00',
      financialStatus: 'PAID',
      processedAt: new Date().toISOString(),
      customer: { id: gid },
    };
    await run(`mutation ($input: OrderSetInput!) { orderSet(input: $input) { order { id } ${ERRORS} } }`, { input: order });
    const refund = (amount: string, more: object = {}) => run(REFUND, { order: { externalId }, input: { amount: of('EUR')(amount), ...more } });
    expect(await refund('50.00', { bonusPercentage: '10', externalId: 'r-1' })).toEqual({
      storeCreditRefund: {
        amount: { amount: '50.00' },
        bonusAmount: { amount: '5.00' },
        transaction: { event: 'ORDER_REFUND' },
        bonusTransaction: { event: 'PROMOTION', amount: { amount: '5.00' } },
        order: { refundableToStoreCredit: { amount: '30.00' }, storeCreditRefunds: [{ amount: { amount: '50.00' } }] },
      },
      storeCreditAccountTransaction: { amount: { amount: '50.00' } },
      userErrors: [],
    });
    expect((await refund('30.01')).userErrors).toMatchObject([
      { code: 'REFUND_EXCEEDS_PAID', field: ['refundInput', 'amount'], message: expect.stringContaining('30.00 EUR') },
    ]);
    for (const bonusPercentage of ['100.01', '1.001', '-1'])
      expect((await refund('1', { bonusPercentage })).userErrors).toMatchObject([{ code: 'INVALID', field: ['refundInput', 'bonusPercentage'] }]);
    const ambiguous = await test.graphql(REFUND, { order: {}, input: { amount: of('EUR')('1') } }, test.staffToken);
    expect(ambiguous.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    const seen = await run(
      '{ customer { orders(first: 1) { nodes { storeCreditRefunds { amount { amount } transaction { amount { amount } } } } } } }',
      {},
      tokens.accessToken,
    );
    expect(seen.orders.nodes).toEqual([{ storeCreditRefunds: [{ amount: { amount: '50.00' }, transaction: { amount: { amount: '50.00' } } }] }]);
  });

  it('makes codes, shows them once, and puts their worth into the account of who claims them first', async () => {
    const [hers, other] = [await givenSession(test.app), await givenSession(test.app)];
    const input = { amount: of('EUR')('15.00'), count: 2, batch: `fair ${randomUUID()}`, memo: 'From the fair' };
    const key = randomUUID();
    const made = await run(CODES, { input, key });
    expect(made.userErrors).toEqual([]);
    expect(await run(CODES, { input, key })).toEqual(made);
    const [first, second] = made.codes as [string, string];
    expect(made.storeCreditCodes.map(({ hint }: { hint: string }) => hint)).toEqual([first.slice(-4), second.slice(-4)]);
    expect(await run(CLAIM, { code: first.toLowerCase().replaceAll('-', ' ') }, hers.tokens.accessToken)).toEqual({
      storeCreditAccountTransaction: { amount: { amount: '15.00' }, memo: 'From the fair', account: { balance: { amount: '15.00' } } },
      userErrors: [],
    });
    const keyed = CLAIM.replace('{ storeCreditCodeClaim(code: $code)', `{ storeCreditCodeClaim(code: $code) @idempotent(key: "${key}")`);
    const third = (await run(CODES, { input: { amount: of('EUR')('1') }, key: randomUUID() })).codes[0];
    const claimed = await run(keyed, { code: third }, other.tokens.accessToken);
    expect([claimed.userErrors, await run(keyed, { code: third }, other.tokens.accessToken)]).toEqual([[], claimed]);
    expect((await run(CLAIM, { code: first }, other.tokens.accessToken)).userErrors).toMatchObject([{ code: 'CODE_CLAIMED', field: ['code'] }]);
    const disable = `mutation ($id: ID!) { storeCreditCodeDisable(id: $id) { storeCreditCode { state } ${ERRORS} } }`;
    expect(await run(disable, { id: made.storeCreditCodes[1].id })).toEqual({ storeCreditCode: { state: 'DISABLED' }, userErrors: [] });
    const list = 'query ($query: String) { storeCreditCodes(first: 5, query: $query) { nodes { state batch transaction { amount { amount } } } } }';
    expect(await run(list, { query: `batch:"${input.batch}"` })).toEqual({
      nodes: [
        { state: 'CLAIMED', batch: input.batch, transaction: { amount: { amount: '15.00' } } },
        { state: 'DISABLED', batch: input.batch, transaction: null },
      ],
    });
    expect((await run(list, { query: `batch:"${input.batch}" state:claimed` })).nodes).toHaveLength(1);
  });

  it('lets a customer regenerate the code that is hers, and nobody guess', async () => {
    const [hers, other] = [await givenSession(test.app), await givenSession(test.app)];
    const { codes } = await run(CODES, { input: { amount: of('EUR')('5'), customerId: hers.gid }, key: randomUUID() });
    const found = await run('{ customer { storeCreditCodes(first: 5) { nodes { id state amount { amount } } } } }', {}, hers.tokens.accessToken);
    const [{ id }] = found.storeCreditCodes.nodes;
    expect(found.storeCreditCodes.nodes).toEqual([{ id, state: 'OPEN', amount: { amount: '5.00' } }]);
    const again = `mutation ($id: ID!) { storeCreditCodeRegenerate(id: $id) { codes ${ERRORS} } }`;
    expect((await run(again, { id }, other.tokens.accessToken)).userErrors).toMatchObject([{ code: 'CODE_NOT_FOUND' }]);
    const regenerated = await run(again, { id }, hers.tokens.accessToken);
    expect((await run(CLAIM, { code: codes[0] }, hers.tokens.accessToken)).userErrors).toMatchObject([{ code: 'CODE_NOT_FOUND' }]);
    expect((await run(CLAIM, { code: regenerated.codes[0] }, hers.tokens.accessToken)).userErrors).toEqual([]);
    const guesses = await Promise.all(Array.from({ length: 14 }, () => run(CLAIM, { code: 'ZZZZ-ZZZZ-ZZZZ-ZZZZ' }, other.tokens.accessToken)));
    const told = guesses.map(({ userErrors }) => userErrors[0].code).sort();
    expect(told).toEqual([...Array(10).fill('CODE_NOT_FOUND'), ...Array(4).fill('TOO_MANY_ATTEMPTS')]);
    const staff = await test.graphql(CLAIM, { code: 'x' }, test.staffToken);
    expect(staff.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  });

  it('lists the shop’s accounts and movements, page by page, and reports on them', async () => {
    const holders = await Promise.all(
      [300n, 100n, 200n].map(async (minor) => {
        const session = await givenSession(test.app);
        return { ...session, account: (await givenCredit(test.app, session.customerId, minor, { currency: REPORTED })).gid };
      }),
    );
    const accounts = `query ($after: String) { storeCreditAccounts(first: 2, after: $after, sortKey: BALANCE, reverse: true, query: "currency_code:${REPORTED} balance:>0") {
      nodes { id balance { amount } owner { ... on Customer { id } } } pageInfo { hasNextPage endCursor } } }`;
    const page = await run(accounts, {});
    expect(page.nodes.map(({ id }: { id: string }) => id)).toEqual([holders[0]?.account, holders[2]?.account]);
    const rest = await run(accounts, { after: page.pageInfo.endCursor });
    expect([rest.nodes.map(({ id }: { id: string }) => id), rest.pageInfo.hasNextPage]).toEqual([[holders[1]?.account], false]);
    const debit = `mutation ($id: ID!, $input: StoreCreditAccountDebitInput!) { storeCreditAccountDebit(id: $id, debitInput: $input) { ${ERRORS} } }`;
    await run(debit, { id: holders[0]?.account, input: { debitAmount: of(REPORTED)('1.00'), event: 'ORDER_PAYMENT', reason: 'TILL' } });
    const movements = `query ($after: String, $query: String) { storeCreditTransactions(first: 3, after: $after, reverse: true, query: $query) {
      nodes { __typename amount { amount } account { id } } pageInfo { hasNextPage endCursor } } }`;
    const query = `currency_code:${REPORTED} created_at:>2026-01-01`;
    const newest = await run(movements, { query });
    expect(newest.nodes[0]).toEqual({
      __typename: 'StoreCreditAccountDebitTransaction',
      amount: { amount: '-1.00' },
      account: { id: holders[0]?.account },
    });
    const oldest = await run(movements, { query, after: newest.pageInfo.endCursor });
    expect([newest.nodes.length, newest.pageInfo.hasNextPage, oldest.nodes.length, oldest.pageInfo.hasNextPage]).toEqual([3, true, 1, false]);
    expect((await run(movements, { query: `${query} (reason:TILL OR event:order_refund) -type:credit` })).nodes).toHaveLength(1);
    const wrong = await test.graphql(movements, { query: 'colour:red' }, test.staffToken);
    expect(wrong.errors?.[0]).toMatchObject({ message: expect.stringContaining('colour:red'), extensions: { code: 'BAD_USER_INPUT' } });

    const reports = await test.graphql(
      `query ($from: DateTime!) {
        storeCreditLiability(currencyCode: ${REPORTED}) { accounts balance { amount } held { amount } averageAgeDays }
        storeCreditActivity(currencyCode: ${REPORTED}, from: $from) { type event reason transactions amount { amount } }
        storeCreditExpiryCalendar(currencyCode: ${REPORTED}) { period credits amount { amount } }
        storeCreditBreakage(currencyCode: ${REPORTED}, from: $from) { issued { amount } redeemed { amount } remaining { amount } redemptionRate breakageRate }
        storeCreditJournal(currencyCode: ${REPORTED}, from: $from) { lines { account debit { amount } credit { amount } transactions } csv }
      }`,
      { from: new Date(Date.now() - 3_600_000).toISOString() },
      test.staffToken,
    );
    expect(reports.errors).toBeUndefined();
    expect(reports.data).toMatchObject({
      storeCreditLiability: [{ accounts: 3, balance: { amount: '5.00' }, held: { amount: '0.00' }, averageAgeDays: expect.any(Number) }],
      storeCreditActivity: [
        { type: 'CREDIT', event: 'ADJUSTMENT', reason: null, transactions: 3, amount: { amount: '6.00' } },
        { type: 'DEBIT', event: 'ORDER_PAYMENT', reason: 'TILL', transactions: 1, amount: { amount: '-1.00' } },
      ],
      storeCreditExpiryCalendar: [{ period: null, credits: 3, amount: { amount: '5.00' } }],
      storeCreditBreakage: [
        { issued: { amount: '6.00' }, redeemed: { amount: '1.00' }, remaining: { amount: '5.00' }, redemptionRate: 1 / 6, breakageRate: 0 },
      ],
      storeCreditJournal: {
        lines: [
          { account: 'ADJUSTMENTS', debit: { amount: '6.00' }, credit: null, transactions: 3 },
          { account: 'STORE_CREDIT_LIABILITY', debit: null, credit: { amount: '6.00' }, transactions: 3 },
          { account: 'STORE_CREDIT_LIABILITY', debit: { amount: '1.00' }, credit: null, transactions: 1 },
          { account: 'SALES_CLEARING', debit: null, credit: { amount: '1.00' }, transactions: 1 },
        ],
        csv: expect.stringContaining('STORE_CREDIT_LIABILITY,BWP,,6.00,3'),
      },
    });
    const backwards = await test.graphql(
      'query { storeCreditJournal(from: "2026-02-01T00:00:00Z", to: "2026-01-01T00:00:00Z") { csv } }',
      {},
      test.staffToken,
    );
    expect(backwards.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });

  it('gives a customer the statement of her account, without what is for staff', async () => {
    const { gid: owner, tokens } = await givenSession(test.app);
    const eur = of('EUR');
    await run(CREDIT, { id: owner, input: { creditAmount: eur('20'), note: 'secret', memo: 'Welcome' } });
    const statement = `query ($from: DateTime!) { customer { storeCreditAccounts(first: 1) { nodes { statement(from: $from) {
      openingBalance { amount } totalCredited { amount } totalDebited { amount } closingBalance { amount } csv
      lines { number type amount { amount } balance { amount } memo } } } } } }`;
    const answer = await run(statement, { from: new Date(Date.now() - 60_000).toISOString() }, tokens.accessToken);
    const [{ statement: hers }] = answer.storeCreditAccounts.nodes;
    expect(hers).toMatchObject({
      openingBalance: { amount: '0.00' },
      totalCredited: { amount: '20.00' },
      totalDebited: { amount: '0.00' },
      closingBalance: { amount: '20.00' },
      lines: [{ number: '1', type: 'CREDIT', amount: { amount: '20.00' }, balance: { amount: '20.00' }, memo: 'Welcome' }],
    });
    expect(hers.csv.split('\r\n')).toHaveLength(5);
    expect(hers.csv).toContain('Welcome');
    expect(hers.csv).not.toContain('secret');
    const noted = statement.replace('memo', 'note');
    const refused = await test.graphql(noted, { from: new Date(Date.now() - 60_000).toISOString() }, tokens.accessToken);
    expect(refused.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  });

  it('gives it as a page to print, in her language, that runs nothing and holds nothing of staff', async () => {
    const { gid: owner, customerId, tokens } = await givenSession(test.app);
    const her = { firstName: '<script>x</script>', lastName: 'Holm', locale: 'de-AT' };
    await test.app.backend.database.prisma.customer.update({ where: { id: customerId }, data: her });
    const input = { creditAmount: of('KWD')('123456789012.345'), note: 'only for staff', memo: '<img src=x onerror=alert(1)>' };
    await run(CREDIT, { id: owner, input });
    const amount = { amountMinor: 1n, currency: 'KWD' };
    await debit(test.app.ledger, { account: { customerId }, amount, actor: 'system', idempotency: null });
    const from = new Date(Date.now() - 60_000).toISOString();
    const statement = `{ customer { storeCreditAccounts(first: 1) { nodes { statement(from: "${from}") { html } } } } }`;
    const page = async (query: string): Promise<string> => (await run(query, {}, tokens.accessToken)).storeCreditAccounts.nodes[0].statement.html;
    const german = await page(`query ${statement}`);
    const shown = [
      '<html lang="de">',
      'Anfangsbestand',
      '123.456.789.012,345',
      '−0,001',
      '123.456.789.012,344',
      '&#60;script&#62;x&#60;/script&#62; Holm',
    ];
    for (const text of shown) expect(german).toContain(text);
    for (const text of ['<script', '<img', 'only for staff']) expect(german).not.toContain(text);
    expect(await page(`query @inContext(language: PL) ${statement}`)).toContain('Saldo początkowe');
  });
});
