import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway, WAYS } from '../support/gateway.ts';

const PATHS = ['/graphql', '/customer/api/2026-10/graphql'];
const AUDITS = 61;

describe.each(WAYS)('by $way', ({ isFast }) => {
  let test: TestGateway;

  beforeAll(async () => {
    const [embedded] = backends;
    if (!embedded) throw new Error('There is always the embedded backend.');
    test = await startTestGateway(embedded, undefined, isFast);
  });
  afterAll(() => test.stop());

  describe.each(PATHS)('GraphQL over HTTP at %s', (path) => {
    const audits = serverAudits({ url: () => test.url + path, fetchFn: fetch });

    it('is audited whole', () => expect(audits).toHaveLength(AUDITS));

    it.each(audits.map(({ id, name, fn }) => [id, name, fn] as const))('%s %s', async (_id, _name, fn) => {
      const { status, ...rest } = await fn();
      const { reason } = rest as { reason?: string };
      expect({ status, reason }).toEqual({ status: 'ok', reason: undefined });
    });
  });

  describe('the content type of an answer', () => {
    const typeFor = async (accept: string | null, body: object = { query: '{ __typename }' }): Promise<[number, string | null]> => {
      const response = await fetch(test.graphqlUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(accept === null ? {} : { accept }) },
        body: JSON.stringify(body),
      });
      await response.text();
      return [response.status, response.headers.get('content-type')];
    };
    const json = 'application/json; charset=utf-8';
    const graphqlJson = 'application/graphql-response+json; charset=utf-8';

    it.each([
      [null, json],
      ['*/*', json],
      ['application/*', json],
      ['application/json', json],
      ['text/html, application/json;q=0.9', json],
      ['application/graphql-response+json', graphqlJson],
      ['application/graphql-response+json, application/json;q=0.9', graphqlJson],
      ['application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed', graphqlJson],
    ])('asked for %s is %s', async (accept, expected) => expect(await typeFor(accept)).toEqual([200, expected]));

    it('is 200 for GraphQL errors under application/json, and 400 under application/graphql-response+json', async () => {
      const wrong = { query: '{ nothingOfTheKind }' };
      expect(await typeFor('application/json', wrong)).toEqual([200, json]);
      expect(await typeFor('application/graphql-response+json', wrong)).toEqual([400, graphqlJson]);
    });

    it('is the same for variables that do not fit', async () => {
      const query = 'mutation ($date: Date) { customerCreate(input: { birthDate: $date }) { userErrors { code } } }';
      for (const variables of [{ date: '2026-02-30' }, { date: 7 }, { date: {} }]) {
        expect(await typeFor('application/json', { query, variables })).toEqual([200, json]);
        expect(await typeFor('application/graphql-response+json', { query, variables })).toEqual([400, graphqlJson]);
      }
    });

    it('is 200 for an error of a field, with its data', async () => {
      const answer = await test.graphql('{ customer { id } }');
      expect(answer).toMatchObject({
        status: 200,
        data: { customer: null },
        errors: [{ path: ['customer'], extensions: { code: 'UNAUTHENTICATED' } }],
      });
    });

    it('is 401 when a token was shown that is no good, and leaves the public fields answered', async () => {
      const answer = await test.graphql('{ customer { id } __typename }', {}, 'clt_at_no-such-token');
      expect(answer).toMatchObject({
        status: 401,
        data: { customer: null, __typename: 'Query' },
        errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
      });
      expect(answer.errors?.[0]?.extensions).not.toHaveProperty('http');
      expect((await test.graphql('{ __typename }', {}, 'clt_at_no-such-token')).status).toBe(200);
    });
  });
});
