import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../support/backends.ts';
import { startPublicGateway, type TestGateway } from '../support/gateway.ts';
import { someEmail } from '../support/given.ts';
import { begin, CALLBACK, discover, givenClient, signIn } from '../support/oidc.ts';
import { createVisitor, signInOn } from '../support/visitor.ts';

const ME = '{ customer { id displayName emailAddress { emailAddress verified } } }';

describe.each(backends)('OpenID on $name', (kind) => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await startPublicGateway(kind);
  });
  afterAll(() => test?.stop());

  it('signs in with openid-client: the token is a session of the gateway', async () => {
    const client = await givenClient(test);
    const config = await discover(test, client);
    const email = someEmail();
    const { tokens } = await signIn(test, config, email);
    const claims = tokens.claims();
    expect(tokens.token_type).toBe('bearer');
    expect(tokens.expires_in).toBeGreaterThan(3_500);
    expect(claims).toMatchObject({
      iss: test.url,
      aud: client.clientId,
      email,
      email_verified: true,
      sid: expect.any(String),
      auth_time: expect.any(Number),
    });

    const bearer = await test.graphql(ME, {}, tokens.access_token);
    expect(bearer.data.customer).toMatchObject({
      id: `gid://clientele/Customer/${claims?.sub}`,
      emailAddress: { emailAddress: email, verified: true },
    });
    const bare = await test.graphql(ME, {}, null, { authorization: tokens.access_token });
    expect(bare.data).toEqual(bearer.data);

    const row = await test.app.backend.database.prisma.session.findUniqueOrThrow({ where: { id: String(claims?.sid) } });
    expect(row).toMatchObject({ clientId: client.clientId, customerId: claims?.sub, method: 'email_code' });

    const told = await openid.fetchUserInfo(config, tokens.access_token, claims?.sub ?? '');
    expect(told).toMatchObject({ sub: claims?.sub, email, email_verified: true });
  });

  it('asks nothing of whoever is signed in already', async () => {
    const visitor = createVisitor(test);
    const email = someEmail();
    const first = await signIn(test, await discover(test, await givenClient(test)), email, { visitor });
    const config = await discover(test, await givenClient(test, 'PUBLIC'));
    const { url, checks } = await begin(config, { prompt: 'none' });
    const page = await visitor.open(url.href);
    expect(page.url).toMatch(CALLBACK);
    const tokens = await openid.authorizationCodeGrant(config, new URL(page.url), checks);
    expect(tokens.claims()?.sub).toBe(first.tokens.claims()?.sub);
    expect(tokens.claims()?.auth_time).toBe(first.tokens.claims()?.auth_time);
    const stranger = await createVisitor(test).open((await begin(config, { prompt: 'none' })).url.href);
    expect(new URL(stranger.url).searchParams.get('error')).toBe('login_required');
  });

  it('signs in on the pages alone, and then for a client without being asked', async () => {
    const visitor = createVisitor(test);
    const email = someEmail();
    const account = await signInOn(test, visitor, await visitor.open(`${test.url}/account/login`), email);
    expect(account.url).toBe(`${test.url}/account`);
    expect(account.text).toContain(email);
    const { back } = await signIn(test, await discover(test, await givenClient(test)), email, { visitor });
    expect(back.searchParams.get('code')).toBeTruthy();
  });
});
