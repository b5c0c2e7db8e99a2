import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { advanceMergeJobs } from '../../src/capabilities/merges/job.ts';
import { backends } from '../support/backends.ts';
import { givenOrders } from '../support/big-profile.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { listen } from '../support/listen.ts';
import { MERGE, PREVIEW } from '../support/merge-operations.ts';
import { everythingOfCustomer, givenProven, undo } from '../support/merging.ts';

const MANY = 1_000;
const STATUS = `query ($id: ID!) { customerMergeJobStatus(jobId: $id) {
  jobId resultingCustomerId status customerMergeErrors { errorFields code message customerIds } } }`;
const MERGEABLE = `query ($id: ID!) { customer(id: $id) {
  mergeable { isMergeable errorFields reason mergeInProgress { status resultingCustomerId } } } }`;

describe.each(backends)('merges of large profiles on $name', (kind) => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await startTestGateway(kind);
  });
  afterAll(() => test.stop());

  const ask = async (query: string, variables: object) => {
    const answer = await test.graphql(query, variables, test.staffToken);
    expect(answer.errors).toBeUndefined();
    return answer.data;
  };
  const mergeBy = async (variables: object) => (await ask(MERGE, variables)).customerMerge;
  const statusOf = async (id: string) => (await ask(STATUS, { id })).customerMergeJobStatus;
  const givenLarge = async () => {
    const [one, two] = [await givenProven(test.app), await givenProven(test.app)];
    await givenOrders(test.app, one.customerId, MANY);
    return { one, two, pair: { one: one.gid, two: two.gid, keep: two.gid } };
  };
  const stateOf = async (...people: readonly { customerId: string }[]) =>
    Promise.all(people.map(({ customerId }) => everythingOfCustomer(test.app, customerId)));
  /** Until this one has ended: other files of the worker may have jobs too. */
  const carryOut = async (jobId: string) => {
    for (let count = 0; count < 50; count += 1) {
      await advanceMergeJobs(test.app);
      const status = await statusOf(jobId);
      if (status.status !== 'IN_PROGRESS') return status;
      await sleep(100);
    }
    throw new Error('The job does not end');
  };

  it('are answered before they are done, and done whole by a job', async () => {
    const { one, two, pair } = await givenLarge();
    const before = await stateOf(one, two);
    const { version } = (await ask(PREVIEW, pair)).customerMergePreview;
    const merged = await mergeBy({ ...pair, version, note: 'same person' });
    expect(merged).toMatchObject({ resultingCustomerId: two.gid, job: { done: false }, customerMerge: null, userErrors: [] });
    expect(await stateOf(one, two)).toEqual(before);
    expect(await statusOf(merged.job.id)).toEqual({
      jobId: merged.job.id,
      resultingCustomerId: two.gid,
      status: 'IN_PROGRESS',
      customerMergeErrors: [],
    });
    expect(await carryOut(merged.job.id)).toMatchObject({ status: 'COMPLETED', resultingCustomerId: two.gid, customerMergeErrors: [] });
    const { prisma } = test.app.backend.database;
    expect(await prisma.order.count({ where: { customerId: two.customerId } })).toBe(MANY);
    const mergeId = merged.job.id.split('/').at(-1);
    expect(await prisma.customerMerge.findUniqueOrThrow({ where: { id: mergeId } })).toMatchObject({ note: 'same person', actor: /^staff:/ });
    await undo(test.app, mergeId);
    expect(await stateOf(one, two)).toEqual(before);
  });

  it('keep both from another merge until they have ended, and say so', async () => {
    const { one, two, pair } = await givenLarge();
    const third = await givenProven(test.app);
    const { job } = await mergeBy(pair);
    for (const [a, b] of [
      [one, two],
      [two, one],
      [third, one],
      [two, third],
    ]) {
      const { userErrors } = await mergeBy({ one: a?.gid, two: b?.gid });
      expect(userErrors).toMatchObject([{ code: 'INVALID_CUSTOMER' }]);
      expect(userErrors[0].message).toMatch(/being merged at this moment/);
    }
    const { customerMergeErrors } = (await ask(PREVIEW, { one: third.gid, two: two.gid })).customerMergePreview;
    expect(customerMergeErrors).toMatchObject([{ errorFields: ['MERGE_IN_PROGRESS'], customerIds: [two.gid] }]);
    for (const { gid } of [one, two]) {
      expect((await ask(MERGEABLE, { id: gid })).customer.mergeable).toMatchObject({
        isMergeable: false,
        errorFields: ['MERGE_IN_PROGRESS'],
        mergeInProgress: { status: 'IN_PROGRESS', resultingCustomerId: two.gid },
      });
    }
    expect((await carryOut(job.id)).status).toBe('COMPLETED');
    expect((await ask(MERGEABLE, { id: two.gid })).customer.mergeable).toMatchObject({ isMergeable: true, mergeInProgress: null });
    expect((await mergeBy({ one: third.gid, two: one.gid })).userErrors).toEqual([]);
  });

  it('fail with what the preview did not show, and leave both as they are', async () => {
    const { one, two, pair } = await givenLarge();
    const { version } = (await ask(PREVIEW, pair)).customerMergePreview;
    await test.app.backend.database.prisma.customer.update({ where: { id: two.customerId }, data: { firstName: 'Else' } });
    expect((await mergeBy({ ...pair, version })).userErrors).toMatchObject([{ code: 'PREVIEW_OUTDATED' }]);
    const again = (await ask(PREVIEW, pair)).customerMergePreview;
    const { job } = await mergeBy({ ...pair, version: again.version });
    await test.app.backend.database.prisma.customer.update({ where: { id: one.customerId }, data: { lastName: 'Since' } });
    const before = await stateOf(one, two);
    expect(await carryOut(job.id)).toMatchObject({ status: 'FAILED', customerMergeErrors: [{ code: 'PREVIEW_OUTDATED' }] });
    expect(await stateOf(one, two)).toEqual(before);
    expect((await mergeBy({ ...pair, one: two.gid, two: two.gid })).userErrors).toMatchObject([{ code: 'INVALID_CUSTOMER_ID' }]);
  });

  it('fail for a customer who was blocked meanwhile, in Shopify’s words', async () => {
    const { one, pair } = await givenLarge();
    const { job } = await mergeBy(pair);
    await test.app.backend.database.prisma.customer.update({ where: { id: one.customerId }, data: { blockedAt: new Date() } });
    expect(await carryOut(job.id)).toMatchObject({ status: 'FAILED', customerMergeErrors: [{ code: 'INVALID_CUSTOMER', errorFields: ['BLOCKED'] }] });
    expect((await ask(MERGEABLE, { id: one.gid })).customer.mergeable.mergeInProgress).toBeNull();
  });

  it('tell live how they stand', async () => {
    const { pair } = await givenLarge();
    const { job } = await mergeBy(pair);
    const live = listen(test, `subscription ($id: ID!) { customerMergeJobUpdated(jobId: $id) { status } }`, { id: job.id }, test.staffToken);
    expect(await live.next()).toMatchObject({ data: { customerMergeJobUpdated: { status: 'IN_PROGRESS' } } });
    await carryOut(job.id);
    expect(await live.next()).toMatchObject({ data: { customerMergeJobUpdated: { status: 'COMPLETED' } } });
    await live.stop();
  });

  it('are answered alike when the same key comes again', async () => {
    const { pair } = await givenLarge();
    const keyed = MERGE.replace('dryRun: $dryRun) {', 'dryRun: $dryRun) @idempotent(key: $key) {').replace('mutation (', 'mutation ($key: String!, ');
    const variables = { ...pair, key: crypto.randomUUID() };
    const first = (await ask(keyed, variables)).customerMerge;
    expect(first.job.done).toBe(false);
    expect((await ask(keyed, variables)).customerMerge).toEqual(first);
    await carryOut(first.job.id);
    expect((await ask(keyed, variables)).customerMerge).toMatchObject({
      job: { id: first.job.id, done: true },
      customerMerge: { state: 'COMPLETED' },
    });
  });
});
