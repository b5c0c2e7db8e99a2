import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGroup } from '../../src/capabilities/groups/create.ts';
import { addMembers } from '../../src/capabilities/groups/members.ts';
import type { GivenConsent } from '../../src/capabilities/marketing/consent.ts';
import { consentOf, recordConsent } from '../../src/capabilities/marketing/record.ts';
import { setMetafields } from '../../src/capabilities/metafields/set.ts';
import { requestErasure } from '../../src/capabilities/privacy/erasure.ts';
import type { MarketingState } from '../../src/db/generated/enums.ts';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { CUSTOMER, PREVIEW } from '../support/merge-operations.ts';
import { givenProven, mergeInto, undo } from '../support/merging.ts';

describe.each(backends)('records in a merge on $name', (kind) => {
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
  const pair = async () => [await givenProven(test.app), await givenProven(test.app)] as const;
  const say = (customerId: string, given: Pick<GivenConsent, 'channel' | 'state'>) =>
    test.app.transact('system', (tx) =>
      recordConsent(tx, customerId, {
        optInLevel: given.state === 'SUBSCRIBED' ? 'SINGLE_OPT_IN' : null,
        occurredAt: tx.now,
        source: 'STAFF',
        address: 'somewhere',
        ...given,
      }),
    );
  const state = async (customerId: string): Promise<MarketingState> =>
    (await test.app.transact('system', (tx) => consentOf(tx, customerId, 'EMAIL'))).state;
  const droppedIn = async (closed: string, kept: string) =>
    (await ask(PREVIEW, { one: closed, two: kept, keep: kept })).customerMergePreview.dropped as { code: string; message: string }[];

  it.each([
    // The survivor's, the closed one's, what it comes to, and what the preview says of it.
    ['SUBSCRIBED', null, 'SUBSCRIBED', []],
    ['SUBSCRIBED', 'NOT_SUBSCRIBED', 'SUBSCRIBED', []],
    ['SUBSCRIBED', 'UNSUBSCRIBED', 'UNSUBSCRIBED', ['MERGE_ENDS_CONSENT']],
    ['UNSUBSCRIBED', 'SUBSCRIBED', 'UNSUBSCRIBED', ['MERGE_DROPS_CONSENT']],
    [null, 'SUBSCRIBED', 'NOT_SUBSCRIBED', ['MERGE_DROPS_CONSENT']],
    [null, 'UNSUBSCRIBED', 'UNSUBSCRIBED', []],
  ] as const)('let the stricter consent win: %s and %s are %s', async (ours, theirs, result, said) => {
    const [kept, closed] = await pair();
    if (ours) await say(kept.customerId, { channel: 'EMAIL', state: ours });
    if (theirs) await say(closed.customerId, { channel: 'EMAIL', state: theirs });
    const before = [await state(kept.customerId), await state(closed.customerId)];
    const dropped = await droppedIn(closed.gid, kept.gid);
    expect(dropped.map(({ code }) => code)).toEqual(said);
    for (const { message } of dropped) expect(message).toMatch(/^EMAIL: /);
    const { mergeId } = await mergeInto(test.app, kept.customerId, closed.customerId);
    expect(await state(kept.customerId)).toBe(result);
    const log = await test.app.backend.database.prisma.marketingConsentEvent.count({ where: { customerId: kept.customerId } });
    expect(log).toBe([ours, theirs].filter((one) => one !== null && one !== 'NOT_SUBSCRIBED').length);
    await undo(test.app, mergeId);
    expect([await state(kept.customerId), await state(closed.customerId)]).toEqual(before);
  });

  it('leave what she said since the merge as it is when it is undone', async () => {
    const [kept, closed] = await pair();
    await say(kept.customerId, { channel: 'EMAIL', state: 'SUBSCRIBED' });
    await say(closed.customerId, { channel: 'EMAIL', state: 'UNSUBSCRIBED' });
    const { mergeId } = await mergeInto(test.app, kept.customerId, closed.customerId);
    await test.app.transact('system', (tx) =>
      recordConsent(tx, kept.customerId, {
        channel: 'EMAIL',
        state: 'SUBSCRIBED',
        optInLevel: 'CONFIRMED_OPT_IN',
        occurredAt: new Date(tx.now.getTime() + 1),
        source: 'CUSTOMER',
        address: 'somewhere',
      }),
    );
    await undo(test.app, mergeId);
    expect([await state(kept.customerId), await state(closed.customerId)]).toEqual(['SUBSCRIBED', 'UNSUBSCRIBED']);
  });

  it('put her into the groups of both, and give her the fields that she has not', async () => {
    const [kept, closed] = await pair();
    const groups = await test.app.transact('system', async (tx) => {
      const [one, two] = [await createGroup(tx, { name: randomUUID() }), await createGroup(tx, { name: randomUUID() })];
      await addMembers(tx, one.groupId, [kept.customerId, closed.customerId]);
      await addMembers(tx, two.groupId, [closed.customerId]);
      const value = (customerId: string, key: string, text: string) => ({
        customerId,
        namespace: 'sizes',
        key,
        type: 'single_line_text_field',
        value: text,
      });
      await setMetafields(
        tx,
        [
          value(kept.customerId, 'shoe', '38'),
          value(closed.customerId, 'shoe', '39'),
          value(kept.customerId, 'hat', '55'),
          value(closed.customerId, 'hat', '55'),
          value(closed.customerId, 'shirt', 'M'),
        ],
        'staff',
      );
      return [one.groupId, two.groupId].sort();
    });
    const { defaultFields, dropped } = (await ask(PREVIEW, { one: closed.gid, two: kept.gid, keep: kept.gid })).customerMergePreview;
    expect([defaultFields.metafieldCount, dropped]).toEqual([
      '3',
      [{ code: 'MERGE_DROPS_VALUE', field: 'sizes.shoe', value: '39', message: expect.stringContaining('39') }],
    ]);
    await mergeInto(test.app, kept.customerId, closed.customerId);
    const { prisma } = test.app.backend.database;
    const of = { customerId: kept.customerId };
    expect((await prisma.customerGroupMember.findMany({ where: of })).map(({ groupId }) => groupId).sort()).toEqual(groups);
    const fields = await prisma.customerMetafield.findMany({ where: of, orderBy: { key: 'asc' }, select: { key: true, value: true } });
    expect(fields).toEqual([
      { key: 'hat', value: '55' },
      { key: 'shirt', value: 'M' },
      { key: 'shoe', value: '38' },
    ]);
  });

  it('are refused while either is about to be erased', async () => {
    const [kept, closed] = await pair();
    const shop = { graceSeconds: 60, shopName: 'Test Shop', accountUrl: 'https://shop.example/' };
    await test.app.transact('system', (tx) => requestErasure(tx, test.app.keyring, closed.customerId, shop));
    const { mergeable } = (await ask(CUSTOMER, { id: closed.gid })).customer;
    expect(mergeable).toMatchObject({ isMergeable: false, errorFields: ['PENDING_DATA_REQUEST'] });
    await expect(mergeInto(test.app, kept.customerId, closed.customerId)).rejects.toMatchObject({
      code: 'INVALID_CUSTOMER',
      params: { detail: 'MERGE_CUSTOMER_BEING_ERASED' },
    });
  });
});
