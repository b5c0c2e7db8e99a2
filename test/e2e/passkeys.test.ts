import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenSession } from '../support/given.ts';

const executablePath = [process.env.CHROMIUM_PATH, '/usr/bin/chromium'].find((path) => path && existsSync(path));
if (!executablePath) console.log('The passkey tests are skipped: there is no Chromium at CHROMIUM_PATH or /usr/bin/chromium.');

/** Where the gateway under test says it is reached; passkeys are bound to that host. */
const ORIGIN = 'http://localhost:4000';
const LIBRARY = createRequire(import.meta.url)
  .resolve('@simplewebauthn/browser')
  .replace(/script\/index\.js$|esm\/index\.js$/, 'dist/bundle/index.umd.min.js');

const REGISTRATION_OPTIONS = 'mutation { passkeyRegistrationOptions { options userErrors { code } } }';
const REGISTER = `mutation ($response: JSON!, $name: String!) {
  passkeyRegister(response: $response, name: $name) { passkey { id name isBackedUp } userErrors { code field } } }`;
const OPTIONS = 'mutation { passkeySignInOptions { options } }';
const SIGN_IN = `mutation ($response: JSON!) { passkeySignIn(response: $response) { session { accessToken } customer { id } userErrors { code field } } }`;
const PASSKEYS = 'query ($id: ID!) { customer(id: $id) { passkeys { id name lastUsedAt } sessions(first: 9) { nodes { method } } } }';
const RENAME = 'mutation ($id: ID!, $name: String!) { passkeyRename(id: $id, name: $name) { passkey { name } userErrors { code field } } }';
const REMOVE = `mutation ($id: ID!, $evenIfLast: Boolean!) {
  passkeyRemove(id: $id, evenIfLast: $evenIfLast) { removedPasskeyId userErrors { code field } } }`;

describe.skipIf(!executablePath).each(backends)('passkeys in a browser, on $name', (kind) => {
  let test: TestGateway;
  let browser: Browser;
  let page: Page;
  let devtools: CDPSession;
  let authenticatorId: string;

  beforeAll(async () => {
    test = await startTestGateway(kind);
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'] });
    const context = await browser.newContext();
    page = await context.newPage();
    // The storefront's page, at the origin that the gateway knows itself by.
    await page.route(`${ORIGIN}/**`, (route) =>
      new URL(route.request().url()).pathname === '/shop'
        ? route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>Shop</title>' })
        : route.fetch({ url: route.request().url().replace(ORIGIN, test.url) }).then((response) => route.fulfill({ response })),
    );
    await page.goto(`${ORIGIN}/shop`);
    await page.addScriptTag({ path: LIBRARY });
    devtools = await context.newCDPSession(page);
    await devtools.send('WebAuthn.enable');
    const options = { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true } as const;
    ({ authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', { options: { ...options, automaticPresenceSimulation: true } }));
  });
  afterAll(async () => {
    await browser?.close();
    await test?.stop();
  });

  /** What the library answers in the page: `startRegistration` or `startAuthentication`. */
  const ceremony = (name: 'startRegistration' | 'startAuthentication', optionsJSON: unknown): Promise<unknown> =>
    page.evaluate(
      ([call, options]) =>
        (globalThis as never as { SimpleWebAuthnBrowser: Record<string, (o: object) => unknown> }).SimpleWebAuthnBrowser[call as string]?.({
          optionsJSON: options,
        }),
      [name, optionsJSON] as const,
    );
  const register = async (token: string, name = 'My laptop') => {
    const { data } = await test.graphql(REGISTRATION_OPTIONS, {}, token);
    const response = await ceremony('startRegistration', data.passkeyRegistrationOptions.options);
    return { response, answer: (await test.graphql(REGISTER, { response, name }, token)).data.passkeyRegister };
  };
  const signInResponse = async () => {
    const { data } = await test.graphql(OPTIONS);
    return ceremony('startAuthentication', data.passkeySignInOptions.options);
  };
  const forget = () => devtools.send('WebAuthn.clearCredentials', { authenticatorId });

  it('signs a customer in by a passkey that she has registered, without asking who she is', async () => {
    await forget();
    const { gid, tokens } = await givenSession(test.app);
    const { answer } = await register(tokens.accessToken);
    expect(answer).toMatchObject({ passkey: { name: 'My laptop' }, userErrors: [] });
    const { data } = await test.graphql(SIGN_IN, { response: await signInResponse() });
    expect(data.passkeySignIn).toMatchObject({ customer: { id: gid }, userErrors: [] });
    const { customer } = (await test.graphql(PASSKEYS, { id: gid }, data.passkeySignIn.session.accessToken)).data;
    expect(customer.passkeys[0].lastUsedAt).not.toBeNull();
    expect(customer.sessions.nodes.map(({ method }: { method: string }) => method)).toContain('passkey');
  });

  it('takes what the browser signed once', async () => {
    await forget();
    const { tokens } = await givenSession(test.app);
    await register(tokens.accessToken);
    const response = await signInResponse();
    const answers = await Promise.all(Array.from({ length: 5 }, () => test.graphql(SIGN_IN, { response })));
    expect(answers.filter(({ data }) => data.passkeySignIn.session)).toHaveLength(1);
    expect(answers.flatMap(({ data }) => data.passkeySignIn.userErrors.map(({ code }: { code: string }) => code))).toEqual(
      Array(4).fill('INVALID_PASSKEY'),
    );
  });

  it('registers nothing for another customer, and nothing that was made for signing in', async () => {
    await forget();
    const { tokens } = await givenSession(test.app);
    const other = await givenSession(test.app);
    const { data } = await test.graphql(REGISTRATION_OPTIONS, {}, tokens.accessToken);
    const response = await ceremony('startRegistration', data.passkeyRegistrationOptions.options);
    const stolen = await test.graphql(REGISTER, { response, name: 'Mine' }, other.tokens.accessToken);
    expect(stolen.data.passkeyRegister.userErrors).toEqual([{ code: 'INVALID_PASSKEY', field: ['response'] }]);
    expect(
      (await test.graphql(REGISTER, { response: await signInResponse(), name: 'Mine' }, tokens.accessToken)).data.passkeyRegister.userErrors[0].code,
    ).toBe('INVALID_PASSKEY');
  });

  it('refuses a page of another origin, whatever it signed', async () => {
    await forget();
    const { tokens } = await givenSession(test.app);
    await register(tokens.accessToken);
    const response = (await signInResponse()) as { response: { clientDataJSON: string } };
    const said = JSON.parse(Buffer.from(response.response.clientDataJSON, 'base64url').toString());
    const elsewhere = Buffer.from(JSON.stringify({ ...said, origin: 'https://evil.example' })).toString('base64url');
    const forged = { ...response, response: { ...response.response, clientDataJSON: elsewhere } };
    expect((await test.graphql(SIGN_IN, { response: forged })).data.passkeySignIn.userErrors[0].code).toBe('INVALID_PASSKEY');
  });

  it.each([{}, [], 'text', 7, { id: 'x' }, { id: 'x'.repeat(5_000), response: {} }])(
    'refuses what is no answer of a browser: %j',
    async (response) => {
      const { tokens } = await givenSession(test.app);
      expect((await test.graphql(SIGN_IN, { response })).data.passkeySignIn.userErrors[0].code).toBe('INVALID_PASSKEY');
      expect((await test.graphql(REGISTER, { response, name: 'x' }, tokens.accessToken)).data.passkeyRegister.userErrors[0].code).toBe(
        'INVALID_PASSKEY',
      );
    },
  );

  it('lets a blocked customer in no more', async () => {
    await forget();
    const { gid, tokens } = await givenSession(test.app);
    await register(tokens.accessToken);
    await test.graphql('mutation ($id: ID!) { customerDisable(customerId: $id) { userErrors { code } } }', { id: gid }, test.staffToken);
    expect((await test.graphql(SIGN_IN, { response: await signInResponse() })).data.passkeySignIn.userErrors[0].code).toBe('CUSTOMER_DISABLED');
  });

  it('can be renamed and removed by its owner; the last way in only when she says so', async () => {
    await forget();
    const { customerId, tokens } = await givenSession(test.app);
    const stranger = await givenSession(test.app);
    const { answer } = await register(tokens.accessToken);
    const { id } = answer.passkey;
    expect((await test.graphql(RENAME, { id, name: ' Phone ' }, tokens.accessToken)).data.passkeyRename.passkey.name).toBe('Phone');
    expect((await test.graphql(RENAME, { id, name: ' ' }, tokens.accessToken)).data.passkeyRename.userErrors[0].code).toBe('BLANK');
    expect((await test.graphql(REMOVE, { id, evenIfLast: true }, stranger.tokens.accessToken)).data.passkeyRemove.userErrors[0].code).toBe(
      'NOT_FOUND',
    );
    await test.app.backend.database.prisma.customer.update({ where: { id: customerId }, data: { email: null } });
    expect((await test.graphql(REMOVE, { id, evenIfLast: false }, tokens.accessToken)).data.passkeyRemove.userErrors).toEqual([
      { code: 'LAST_WAY_IN', field: ['id'] },
    ]);
    expect((await test.graphql(REMOVE, { id, evenIfLast: true }, tokens.accessToken)).data.passkeyRemove.removedPasskeyId).toBe(id);
    expect((await test.graphql(SIGN_IN, { response: await signInResponse() })).data.passkeySignIn.userErrors[0].code).toBe('INVALID_PASSKEY');
  });
});
