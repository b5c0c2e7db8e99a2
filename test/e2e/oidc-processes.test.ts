import { randomUUID } from 'node:crypto';
import { createServer, type Server, request as sendOn } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, services } from '../support/backends.ts';
import type { TestGateway } from '../support/gateway.ts';
import { begin, CALLBACK, discover } from '../support/oidc.ts';
import { type GatewayProcess, send, startProcess } from '../support/process.ts';
import { createVisitor } from '../support/visitor.ts';

const ADMIN_TOKEN = 'a staff token for process tests';

describe.runIf(services)('OpenID on two processes behind one address', () => {
  let processes: GatewayProcess[];
  let front: Server;
  let url: string;
  let turn = 0;

  beforeAll(async () => {
    if (!services) return;
    // No two requests in a row go to the same process.
    front = createServer((request, response) => {
      turn += 1;
      const { hostname, port } = new URL((processes[turn % 2] as GatewayProcess).url);
      const onward = sendOn({ hostname, port, path: request.url, method: request.method, headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      onward.on('error', () => response.destroy());
      request.pipe(onward);
    });
    await new Promise<void>((resolve) => void front.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
    const environment = { DATABASE_URL: await createDatabase(services.databaseUrl), REDIS_URL: services.redisUrl, ADMIN_TOKEN, PUBLIC_URL: url };
    processes = await Promise.all([startProcess(environment), startProcess(environment)]);
  });
  afterAll(async () => {
    await Promise.all((processes ?? []).map((gateway) => gateway.stop()));
    front?.close();
  });

  const mailedCode = async (email: string): Promise<string> => {
    for (let tries = 0; tries < 100; tries += 1) {
      const mails = (await (await fetch(`${url}/dev/inbox`)).json()) as { to: string; code: string }[];
      const code = mails.find(({ to }) => to === email)?.code;
      if (code) return code;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`No code came to ${email}.`);
  };

  it('signs in, refreshes, knows both keys and ends everywhere, whichever of them is asked', { timeout: 60_000 }, async () => {
    const create =
      'mutation ($input: OidcClientCreateInput!) { oidcClientCreate(input: $input) { oidcClient { clientId } clientSecret userErrors { message } } }';
    const input = { name: 'Storefront', type: 'CONFIDENTIAL', redirectUris: [CALLBACK] };
    const { data } = (await send(url, create, { input }, ADMIN_TOKEN)) as {
      data: { oidcClientCreate: { oidcClient: { clientId: string }; clientSecret: string } };
    };
    const { oidcClient, clientSecret } = data.oidcClientCreate;
    const config = await discover({ url } as TestGateway, { clientId: oidcClient.clientId, secret: clientSecret });
    const { url: link, checks } = await begin(config);
    const visitor = createVisitor({ url } as TestGateway);
    const email = `${randomUUID()}@example.com`;
    const asked = await visitor.post(await visitor.open(link.href), { email });
    const back = await visitor.post(asked, { code: await mailedCode(email) }, '/code');
    const tokens = await openid.authorizationCodeGrant(config, new URL(back.url), checks);

    const rotate = 'mutation { oidcSigningKeyRotate { kid } }';
    await send(url, rotate, {}, ADMIN_TOKEN);
    const published = await Promise.all(
      processes.map(async (gateway) =>
        ((await (await fetch(`${gateway.url}/.well-known/jwks.json`)).json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid),
      ),
    );
    expect(published[0]).toEqual(published[1]);
    const pairs = await Promise.all(Array.from({ length: 4 }, () => openid.refreshTokenGrant(config, tokens.refresh_token ?? '')));
    expect(new Set(pairs.map(({ refresh_token }) => refresh_token)).size).toBe(1);
    const token = pairs[0]?.access_token ?? '';
    for (const gateway of processes) {
      expect(await send(gateway.url, '{ customer { emailAddress { emailAddress } } }', {}, token)).toEqual({
        data: { customer: { emailAddress: { emailAddress: email } } },
      });
    }
    // The library has something to say about Node 20.
    for (const gateway of processes) expect(gateway.output()).not.toMatch(/unsupported runtime|oidc-provider/i);
    await openid.tokenRevocation(config, token);
    for (const gateway of processes) expect(await send(gateway.url, '{ customer { displayName } }', {}, token)).toHaveProperty('errors');
  });
});
