import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCredit, givenCustomer, givenSession, someEmail, somePhone } from '../support/given.ts';
import { watchBySocket } from '../support/watch.ts';

const SESSIONS = `query ($id: ID!) { customer(id: $id) { sessions(first: 10) { nodes { id deviceName network method isCurrent lastUsedAt } } } }`;
const REVOKE = `mutation ($id: ID!) { sessionRevoke(id: $id) { revokedSessionId userErrors { code field } } }`;
const REVOKE_ALL = `mutation ($customerId: ID, $keepCurrent: Boolean!) {
  customerSessionsRevoke(customerId: $customerId, keepCurrent: $keepCurrent) { revokedCount userErrors { code } } }`;
const DISABLE = `mutation ($id: ID!) { customerDisable(customerId: $id) { customer { state isBlocked } userErrors { code field } } }`;
const ENABLE = `mutation ($id: ID!) { customerEnable(customerId: $id) { customer { state isBlocked } userErrors { code } } }`;
const ASK = `mutation ($email: String!, $linkUrl: URL) { signInCodeRequest(email: $email, linkUrl: $linkUrl) { deviceToken userErrors { code field } } }`;
const CONFIRM = `mutation ($email: String!, $code: String!) {
  signInCodeConfirm(email: $email, code: $code) { session { accessToken } userErrors { code field } } }`;
const FOLLOW = `mutation ($token: String!, $deviceToken: String!) {
  signInLinkConfirm(token: $token, deviceToken: $deviceToken) { session { accessToken } customer { id } userErrors { code field } } }`;

describe.each(backends)('devices and sign-in on $name', (kind) => {
  let test: TestGateway;
  let now = new Date();
  beforeAll(async () => {
    test = await startTestGateway(kind, () => now);
  });
  afterAll(() => test.stop());

  const mailTo = async (to: string) => {
    for (let tries = 0; tries < 400; tries += 1) {
      const mail = test.mails.findLast((candidate) => candidate.to === to);
      if (mail) return mail;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`Nothing came to ${to}`);
  };
  const again = async (email: string) => {
    test.mails.length = 0;
    await test.graphql(ASK, { email });
    const { data } = await test.graphql(CONFIRM, { email, code: (await mailTo(email)).code });
    return data.signInCodeConfirm.session.accessToken as string;
  };
  const SAFARI =
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1';

  it('lists the live devices of a customer by name, the one that asks marked', async () => {
    const { gid, email, tokens } = await givenSession(test.app);
    test.mails.length = 0;
    await test.graphql(ASK, { email });
    await test.graphql(CONFIRM, { email, code: (await mailTo(email)).code }, null, { 'user-agent': SAFARI });
    const { data } = await test.graphql(SESSIONS, { id: gid }, tokens.accessToken);
    expect(data.customer.sessions.nodes).toMatchObject([
      { isCurrent: true, deviceName: null, network: '127.0.0.0/24', method: 'email_code' },
      { isCurrent: false, deviceName: 'Safari on iPhone', method: 'email_code' },
    ]);
  });

  it('notes when a token was last used', async () => {
    const { gid, tokens } = await givenSession(test.app);
    const lastUsed = async () => (await test.graphql(SESSIONS, { id: gid }, test.staffToken)).data.customer.sessions.nodes[0].lastUsedAt;
    const first = await lastUsed();
    now = new Date(now.getTime() + 6 * 60_000);
    await test.graphql(SESSIONS, { id: gid }, tokens.accessToken);
    await expect.poll(lastUsed).not.toBe(first);
    expect(new Date(await lastUsed())).toEqual(now);
  });

  it('signs out one device, the others, or all; nobody else’s', async () => {
    const { gid, email, tokens } = await givenSession(test.app);
    const stranger = await givenSession(test.app);
    const phone = await again(email);
    now = new Date(now.getTime() + 60_000);
    const tablet = await again(email);
    const ids = (await test.graphql(SESSIONS, { id: gid }, phone)).data.customer.sessions.nodes.map(({ id }: { id: string }) => id);
    expect(ids).toHaveLength(3);
    expect((await test.graphql(REVOKE, { id: ids[0] }, stranger.tokens.accessToken)).data.sessionRevoke.userErrors).toEqual([
      { code: 'NOT_FOUND', field: ['id'] },
    ]);
    expect((await test.graphql(REVOKE, { id: ids[0] }, phone)).data.sessionRevoke.revokedSessionId).toBe(ids[0]);
    expect((await test.graphql(SESSIONS, { id: gid }, tokens.accessToken)).status).toBe(401);
    expect((await test.graphql(REVOKE_ALL, { keepCurrent: true }, phone)).data.customerSessionsRevoke.revokedCount).toBe(1);
    expect((await test.graphql(SESSIONS, { id: gid }, tablet)).status).toBe(401);
    const byStaff = await test.graphql(REVOKE_ALL, { customerId: gid, keepCurrent: true }, test.staffToken);
    expect(byStaff.data.customerSessionsRevoke.revokedCount).toBe(1);
    expect((await test.graphql(SESSIONS, { id: gid }, phone)).status).toBe(401);
    expect((await test.graphql(SESSIONS, { id: stranger.gid }, stranger.tokens.accessToken)).status).toBe(200);
    expect((await test.graphql(REVOKE_ALL, { customerId: gid, keepCurrent: true }, stranger.tokens.accessToken)).errors?.[0]?.extensions.code).toBe(
      'FORBIDDEN',
    );
  });

  it('lets staff block a customer: devices and subscriptions end, no code signs her in, and it can be taken back', async () => {
    const { gid, email, customerId, tokens } = await givenSession(test.app);
    const { gid: accountId } = await givenCredit(test.app, customerId, 500n);
    const watcher = watchBySocket({ graphqlUrl: test.graphqlUrl, token: tokens.accessToken, accountId });
    await watcher.take(1);
    expect((await test.graphql(DISABLE, { id: gid }, test.staffToken)).data.customerDisable.customer).toEqual({ state: 'DISABLED', isBlocked: true });
    await expect(watcher.take(1)).rejects.toBeTruthy();
    expect((await test.graphql(SESSIONS, { id: gid }, tokens.accessToken)).status).toBe(401);
    test.mails.length = 0;
    await test.graphql(ASK, { email });
    const { code } = await mailTo(email);
    expect((await test.graphql(CONFIRM, { email, code })).data.signInCodeConfirm.userErrors).toEqual([{ code: 'CUSTOMER_DISABLED', field: null }]);
    expect((await test.graphql(DISABLE, { id: gid }, tokens.accessToken)).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
    expect((await test.graphql(ENABLE, { id: gid }, test.staffToken)).data.customerEnable.customer.isBlocked).toBe(false);
    expect(await again(email)).toMatch(/^clt_at_/);
    const nobody = 'gid://clientele/Customer/01900000-0000-7000-8000-000000000000';
    expect((await test.graphql(DISABLE, { id: nobody }, test.staffToken)).data.customerDisable.userErrors).toEqual([
      { code: 'CUSTOMER_DOES_NOT_EXIST', field: ['customerId'] },
    ]);
  });

  it('follows a mailed link in the browser that asked, on a page of an allowed origin', async () => {
    const email = someEmail();
    expect((await test.graphql(ASK, { email, linkUrl: 'https://evil.example/in' })).data.signInCodeRequest.userErrors).toEqual([
      { code: 'URL_NOT_ALLOWED', field: ['linkUrl'] },
    ]);
    const { data } = await test.graphql(ASK, { email, linkUrl: 'https://shop.example/in?from=mail' });
    const { deviceToken } = data.signInCodeRequest;
    const link = new URL((await mailTo(email)).link ?? '');
    expect(link.href).toMatch(/^https:\/\/shop\.example\/in\?from=mail&token=/);
    const token = link.searchParams.get('token');
    expect((await test.graphql(FOLLOW, { token, deviceToken: 'another' })).data.signInLinkConfirm.userErrors).toEqual([
      { code: 'OTHER_DEVICE', field: ['deviceToken'] },
    ]);
    const { signInLinkConfirm } = (await test.graphql(FOLLOW, { token, deviceToken })).data;
    expect(signInLinkConfirm).toMatchObject({ session: { accessToken: expect.stringMatching(/^clt_at_/) }, customer: { id: expect.any(String) } });
  });

  describe('changing an address', () => {
    const REQUEST = `mutation ($to: String!) { customerEmailChangeRequest(email: $to) { expiresAt userErrors { code field } } }`;
    const CHANGE = `mutation ($to: String!, $code: String!) {
      customerEmailChangeConfirm(email: $to, code: $code) { customer { emailAddress { emailAddress verified } } userErrors { code field } } }`;
    const REQUEST_PHONE = `mutation ($to: String!) { customerPhoneChangeRequest(phone: $to) { expiresAt userErrors { code field } } }`;
    const CHANGE_PHONE = `mutation ($to: String!, $code: String!) {
      customerPhoneChangeConfirm(phone: $to, code: $code) { customer { phoneNumber { phoneNumber } } userErrors { code field } } }`;

    it('takes the code sent to the new one, and tells the old one', async () => {
      const { email, tokens } = await givenSession(test.app);
      const to = someEmail();
      expect((await test.graphql(REQUEST, { to }, tokens.accessToken)).data.customerEmailChangeRequest.userErrors).toEqual([]);
      const { code } = await mailTo(to);
      expect(
        (await test.graphql(CHANGE, { to, code: '000000' === code ? '000001' : '000000' }, tokens.accessToken)).data.customerEmailChangeConfirm
          .userErrors,
      ).toEqual([{ code: 'INVALID_CODE', field: ['code'] }]);
      expect((await test.graphql(CHANGE, { to, code }, tokens.accessToken)).data.customerEmailChangeConfirm.customer).toEqual({
        emailAddress: { emailAddress: to, verified: true },
      });
      const notice = await mailTo(email);
      expect(notice.subject).toContain('changed');
      expect(notice.text).not.toContain(to);
    });

    it('takes no code that was sent for signing in or for another customer', async () => {
      const { tokens } = await givenSession(test.app);
      const other = await givenSession(test.app);
      const to = someEmail();
      await test.graphql(ASK, { email: to });
      const signInCode = (await mailTo(to)).code;
      test.mails.length = 0;
      expect((await test.graphql(CHANGE, { to, code: signInCode }, tokens.accessToken)).data.customerEmailChangeConfirm.userErrors[0].code).toBe(
        'INVALID_CODE',
      );
      await test.graphql(REQUEST, { to }, other.tokens.accessToken);
      const { code } = await mailTo(to);
      expect((await test.graphql(CHANGE, { to, code }, tokens.accessToken)).data.customerEmailChangeConfirm.userErrors[0].code).toBe('INVALID_CODE');
      expect((await test.graphql(CONFIRM, { email: to, code })).data.signInCodeConfirm.userErrors[0].code).toBe('INVALID_CODE');
    });

    it('says that an address is another’s only to who has proven it', async () => {
      const { tokens } = await givenSession(test.app);
      const { email: taken } = await givenCustomer(test.app);
      expect((await test.graphql(REQUEST, { to: taken }, tokens.accessToken)).data.customerEmailChangeRequest.userErrors).toEqual([]);
      const { code } = await mailTo(taken);
      expect((await test.graphql(CHANGE, { to: taken, code }, tokens.accessToken)).data.customerEmailChangeConfirm.userErrors).toEqual([
        { code: 'TAKEN', field: ['email'] },
      ]);
    });

    it('asks for a sign-in of the last ten minutes', async () => {
      const { tokens } = await givenSession(test.app);
      now = new Date(now.getTime() + 11 * 60_000);
      expect((await test.graphql(REQUEST, { to: someEmail() }, tokens.accessToken)).data.customerEmailChangeRequest.userErrors).toEqual([
        { code: 'REAUTHENTICATION_REQUIRED', field: null },
      ]);
    });

    it('changes a phone number by a text message', async () => {
      const { tokens } = await givenSession(test.app);
      const to = somePhone();
      expect((await test.graphql(REQUEST_PHONE, { to: 'no number' }, tokens.accessToken)).data.customerPhoneChangeRequest.userErrors[0].code).toBe(
        'INVALID',
      );
      await test.graphql(REQUEST_PHONE, { to }, tokens.accessToken);
      const { code } = await mailTo(to);
      expect((await test.graphql(CHANGE_PHONE, { to, code }, tokens.accessToken)).data.customerPhoneChangeConfirm.customer).toEqual({
        phoneNumber: { phoneNumber: to },
      });
    });
  });
});
