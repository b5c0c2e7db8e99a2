import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refreshDuplicates } from '../../src/capabilities/duplicates/refresh.ts';
import { advanceMergeRun } from '../../src/capabilities/merge-runs/advance.ts';
import { READY_OPERATIONS } from '../../src/http/graphiql-tabs.ts';
import { backends } from '../support/backends.ts';
import { type SampleGateway, startSampleGateway } from '../support/sample-gateway.ts';

/** The blocks of GraphQL under a heading of a document, as a reader copies them. */
const blocksUnder = (heading: string): string[] => {
  const text = readFileSync('docs/merging.md', 'utf8').split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return [...text.matchAll(/^```graphql\n(.*?)^```/gms)].map(([, block]) => block as string);
};

describe.each(backends)('what staff paste into GraphiQL against the sample shop, $name', (kind) => {
  let shop: SampleGateway;
  beforeAll(async () => {
    shop = await startSampleGateway(kind);
    while ((await refreshDuplicates(shop.app)) > 0);
  });
  afterAll(() => shop.stop());

  const run = async (query: string, operationName: string, variables: object) => {
    const response = await fetch(`${shop.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${shop.staffToken}` },
      body: JSON.stringify({ query, operationName, variables }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: what a test reads of an answer is what it asserts
    const { data, errors } = (await response.json()) as { data: any; errors?: unknown };
    expect(errors).toBeUndefined();
    return data;
  };

  it('a candidate is found, previewed, merged and undone by the tab as it stands', async () => {
    const tab = READY_OPERATIONS.find(({ query }) => query.includes('query Duplicates')) as (typeof READY_OPERATIONS)[number];
    const variables = tab.variables?.() as { one: string; two: string };
    const found = (await run(tab.query, 'Duplicates', variables)).duplicateCandidates.nodes as {
      customerOne: { id: string };
      customerTwo: { id: string };
      probability: number;
      waterfall: { message: string }[];
    }[];
    const candidate = found.find(
      ({ customerOne, customerTwo }) => [customerOne.id, customerTwo.id].sort().join() === [variables.one, variables.two].sort().join(),
    );
    expect(candidate?.probability).toBeGreaterThan(0.9);
    expect(candidate?.waterfall.map(({ message }) => message)).toContain('Date of birth: the same.');
    const preview = (await run(tab.query, 'MergePreview', variables)).customerMergePreview;
    expect(preview).toMatchObject({ resultingCustomerId: variables.two, customerMergeErrors: null, defaultFields: { displayName: 'Marco Bianchi' } });
    const merged = (await run(tab.query, 'Merge', { ...variables, version: preview.version })).customerMerge;
    expect(merged).toMatchObject({ resultingCustomerId: variables.two, job: { done: true }, userErrors: [] });
    const undone = (await run(tab.query, 'Undo', { ...variables, mergeId: merged.customerMerge.id })).customerMergeUndo;
    expect(undone).toEqual({ customerId: variables.two, restoredCustomerId: variables.one, userErrors: [] });
  });

  it('all likely pairs are tried out, merged and undone by the operations of the docs', async () => {
    while ((await refreshDuplicates(shop.app)) > 0);
    const [block] = blocksUnder('All likely pairs at once') as [string];
    const finish = async () => {
      while ((await advanceMergeRun(shop.app)) > 0);
    };
    const look = async (id: string) => (await run(block, 'Run', { id })).duplicateMergeRun;
    const tried = (await run(block, 'TryAll', {})).duplicateMergeRunStart;
    expect(tried.userErrors).toEqual([]);
    expect(tried.duplicateMergeRun.precision.message).toMatch(/too few to say/);
    await finish();
    const dry = await look(tried.duplicateMergeRun.id);
    expect(dry).toMatchObject({ state: 'DONE', progress: 1 });
    const would = dry.counts.find(({ state }: { state: string }) => state === 'CHECKED');
    expect(would.clustersCount).toBeGreaterThanOrEqual(2);
    const { duplicateMergeRun } = (await run(block, 'MergeAll', {})).duplicateMergeRunStart;
    await finish();
    const counts = (await look(duplicateMergeRun.id)).counts;
    expect(counts.find(({ state }: { state: string }) => state === 'MERGED')).toMatchObject({ clustersCount: would.clustersCount });
    expect((await run(block, 'UndoAll', { id: duplicateMergeRun.id })).duplicateMergeRunUndo.userErrors).toEqual([]);
    await finish();
    expect(await look(duplicateMergeRun.id)).toMatchObject({ state: 'UNDONE', progress: 1 });
    expect(await shop.app.backend.database.prisma.customer.count({ where: { mergedIntoId: { not: null } } })).toBe(0);
  });
});
