import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { updateCustomer } from '../../src/capabilities/customers/update.ts';
import { advanceMergeRun } from '../../src/capabilities/merge-runs/advance.ts';
import type { Transact } from '../../src/db/transact.ts';
import { backends } from '../support/backends.ts';
import { startOwnGateway, type TestGateway } from '../support/gateway.ts';
import { givenCredit } from '../support/given.ts';
import { listen } from '../support/listen.ts';
import { everythingOfCustomer, givenProven } from '../support/merging.ts';

const RUN = `id state isDryRun progress pairsCount clustersCount customersCount note
  precision { confirmedCount dismissedCount isEnough precision low high message }
  counts { state code reason clustersCount pairsCount customersCount }
  steps(first: 50) { nodes { state customerIds resultingCustomerId customerMergeIds code reason } }`;
const START = `mutation ($score: Float!, $pairs: Int, $dry: Boolean, $note: String) {
  duplicateMergeRunStart(minScore: $score, pairsMax: $pairs, dryRun: $dry, note: $note) { duplicateMergeRun { ${RUN} } userErrors { code field message } } }`;
const CANCEL = 'mutation ($id: ID!) { duplicateMergeRunCancel(id: $id) { duplicateMergeRun { state } userErrors { code } } }';
const UNDO = 'mutation ($id: ID!) { duplicateMergeRunUndo(id: $id) { duplicateMergeRun { state progress } userErrors { code } } }';
const LOOK = `query ($id: ID!) { duplicateMergeRun(id: $id) { ${RUN} } }`;

interface Person {
  readonly customerId: string;
  readonly gid: string;
}
interface Step {
  readonly state: string;
  readonly customerIds: string[];
  readonly customerMergeIds: string[];
  readonly code: string | null;
}

const AGREES = [
  { field: 'prior', bits: -10 },
  { field: 'givenName', level: 'EXACT', bits: 7 },
  { field: 'birthDate', level: 'EXACT', bits: 14 },
];
const HOME = { field: 'street', level: 'EXACT', bits: 10 };

describe.each(backends)('merging all likely pairs on $name', (kind) => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await startOwnGateway(kind);
  });
  afterAll(() => test.stop());
  // A run is about all pairs that there are.
  beforeEach(async () => {
    const { sql } = test.app.backend.database;
    for (const table of ['duplicate_candidate', 'duplicate_decision', 'duplicate_merge_run']) await sql(`delete from ${table}`, []);
  });

  const ask = async (query: string, variables: object = {}) => {
    const { data, errors } = await test.graphql(query, variables, test.staffToken);
    expect(errors).toBeUndefined();
    return data;
  };
  const start = async (over: object = {}) => (await ask(START, { score: 0.99, ...over })).duplicateMergeRunStart;
  const look = async (id: string) => (await ask(LOOK, { id })).duplicateMergeRun;
  const people = (count: number): Promise<Person[]> => Promise.all(Array.from({ length: count }, () => givenProven(test.app)));
  /** The matcher has looked at everybody. */
  const settled = async () => void (await test.app.backend.database.sql('delete from duplicate_change', []));
  const pair = async (a: Person, b: Person, bits: number, over: object = {}): Promise<void> => {
    const [oneId, twoId] = [a.customerId, b.customerId].sort() as [string, string];
    const at = new Date();
    await test.app.backend.database.prisma.duplicateCandidate.create({
      data: { oneId, twoId, weight: bits * 1_000, evidence: AGREES, createdAt: at, updatedAt: at, ...over },
    });
    await settled();
  };
  const decided = async (bits: number, state: 'CONFIRMED' | 'DISMISSED', count: number) => {
    const rows = Array.from({ length: count }, () => ({ marks: [], state, weight: bits * 1_000, decidedBy: 'staff:test', decidedAt: new Date() }));
    await test.app.backend.database.prisma.duplicateDecision.createMany({ data: rows });
  };
  const finish = async (id: string) => {
    while ((await advanceMergeRun(test.app)) > 0);
    return look(id);
  };
  const idsOf = (...persons: Person[]) => persons.map(({ gid }) => gid).sort();
  const stepOf = (run: { steps: { nodes: Step[] } }, ...persons: Person[]) =>
    run.steps.nodes.find(({ customerIds }) => JSON.stringify([...customerIds].sort()) === JSON.stringify(idsOf(...persons)));
  const everything = (persons: readonly Person[]) => Promise.all(persons.map(({ customerId }) => everythingOfCustomer(test.app, customerId)));

  it('merges pairs and clusters, leaves the rest with a reason, and takes all of it back in one', async () => {
    const [a, b, c, d, e, x, y, z, h, i, j, k, l, low] = (await people(14)) as [Person, ...Person[]] & Person[];
    const everyone = [a, b, c, d, e, x, y, z, h, i, j, k, l, low] as Person[];
    for (const person of [a, b, c]) await givenCredit(test.app, (person as Person).customerId, 500n);
    await pair(a as Person, b as Person, 11);
    // Three who all know each other.
    await pair(c as Person, d as Person, 12);
    await pair(d as Person, e as Person, 12);
    await pair(c as Person, e as Person, 9);
    // A chain: the ends never met.
    await pair(x as Person, y as Person, 12);
    await pair(y as Person, z as Person, 12);
    // Relatives: another given name, the same home.
    await pair(h as Person, i as Person, 12, {
      evidence: [...AGREES.slice(2), { field: 'givenName', level: 'DIFFERENT', bits: -3 }, HOME],
    });
    // Staff said no to one pair of three, and confirmed one that is none too likely.
    await pair(j as Person, k as Person, 12, { state: 'DISMISSED', decidedBy: 'staff:test', decidedAt: new Date() });
    await pair(k as Person, l as Person, 12);
    await pair(j as Person, l as Person, 12);
    await pair(a as Person, low as Person, 3);
    await settled();
    const before = await everything(everyone);
    const { duplicateMergeRun: begun, userErrors } = await start({ note: 'spring cleaning' });
    expect(userErrors).toEqual([]);
    expect(begun).toMatchObject({ state: 'MERGING', progress: 0, note: 'spring cleaning' });
    const run = await finish(begun.id);
    expect(run).toMatchObject({ state: 'DONE', progress: 1 });
    expect(stepOf(run, a as Person, b as Person)).toMatchObject({ state: 'MERGED', code: null });
    expect(stepOf(run, c as Person, d as Person, e as Person)?.customerMergeIds).toHaveLength(2);
    expect(stepOf(run, h as Person, i as Person)).toMatchObject({ state: 'REFUSED', code: 'DUPLICATE_MERGE_HOUSEHOLD' });
    expect(run.steps.nodes.filter(({ code }: Step) => code === 'DUPLICATE_MERGE_CHAIN').length).toBeGreaterThanOrEqual(2);
    const { prisma } = test.app.backend.database;
    const closed = await prisma.customer.findMany({
      where: { mergedIntoId: { not: null }, id: { in: everyone.map(({ customerId }) => customerId) } },
    });
    // One of a and b, two of c, d and e; of each chain no more than a pair.
    const merged = run.steps.nodes.flatMap(({ customerMergeIds }: Step) => customerMergeIds);
    expect(closed.map(({ id }) => id)).toHaveLength(merged.length);
    expect(closed.some(({ id }) => [h, i, low].some((person) => person?.customerId === id))).toBe(false);
    const dismissed = await prisma.customer.findMany({ where: { id: { in: [j, k].map((person) => (person as Person).customerId) } } });
    expect(new Set(dismissed.map(({ id, mergedIntoId }) => mergedIntoId ?? id)).size).toBe(2);
    expect(await prisma.customerMerge.count({ where: { note: 'spring cleaning', actor: { startsWith: 'staff:' } } })).toBe(merged.length);
    const undo = (await ask(UNDO, { id: begun.id })).duplicateMergeRunUndo;
    expect(undo).toMatchObject({ duplicateMergeRun: { state: 'UNDOING', progress: 0 }, userErrors: [] });
    expect(await finish(begun.id)).toMatchObject({ state: 'UNDONE', progress: 1 });
    expect(await everything(everyone)).toEqual(before);
    expect((await ask(UNDO, { id: begun.id })).duplicateMergeRunUndo.userErrors).toMatchObject([{ code: 'NOTHING_TO_UNDO' }]);
  });

  it('a dry run tells how many would be merged, and what would be refused and why, and changes nothing', async () => {
    const [a, b, c, d] = (await people(4)) as [Person, Person, Person, Person];
    await pair(a, b, 12);
    await pair(c, d, 12);
    await test.app.backend.database.prisma.customer.update({ where: { id: d.customerId }, data: { blockedAt: new Date() } });
    await settled();
    const before = await everything([a, b, c, d]);
    const { duplicateMergeRun: begun } = await start({ dry: true });
    expect(begun).toMatchObject({ isDryRun: true, pairsCount: 2, clustersCount: 2, customersCount: 4 });
    const run = await finish(begun.id);
    expect(run.counts).toEqual([
      { state: 'CHECKED', code: null, reason: null, clustersCount: 1, pairsCount: 1, customersCount: 2 },
      {
        state: 'REFUSED',
        code: 'MERGE_CUSTOMER_BLOCKED',
        reason: 'The customer is blocked. Enable the customer before merging.',
        clustersCount: 1,
        pairsCount: 1,
        customersCount: 2,
      },
    ]);
    expect(await everything([a, b, c, d])).toEqual(before);
    expect((await ask(UNDO, { id: begun.id })).duplicateMergeRunUndo.userErrors).toMatchObject([{ code: 'NOTHING_TO_UNDO' }]);
  });

  it('says what staff’s decisions tell of such pairs, and when they are too few', async () => {
    await decided(12, 'CONFIRMED', 18);
    await decided(12, 'DISMISSED', 2);
    await decided(4, 'DISMISSED', 50);
    const few = (await start({ dry: true })).duplicateMergeRun;
    expect(few.precision).toMatchObject({ confirmedCount: 18, dismissedCount: 2, isEnough: false, precision: 0.9 });
    expect(few.precision.message).toMatch(/20 pairs .* too few/);
    // Wilson's interval for 18 of 20, as statsmodels' proportion_confint(18, 20, method='wilson') has it.
    expect(few.precision.low).toBeCloseTo(0.699, 3);
    expect(few.precision.high).toBeCloseTo(0.9721, 3);
    await finish(few.id);
    await decided(12, 'CONFIRMED', 180);
    const enough = (await start({ dry: true })).duplicateMergeRun;
    expect(enough.precision).toMatchObject({ confirmedCount: 198, dismissedCount: 2, isEnough: true, precision: 0.99 });
    expect(enough.precision.message).toMatch(/Of 200 pairs .* 198 .* 96\.4 to 99\.7 %/);
    await finish(enough.id);
    const { duplicateThreshold } = await ask(
      '{ duplicateThreshold(minScore: 0.99) { above { candidatesCount decided { confirmedCount dismissedCount isEnough } } } }',
    );
    expect(duplicateThreshold.above.decided).toEqual({ confirmedCount: 198, dismissedCount: 2, isEnough: true });
  });

  it('leaves a group as it is that has changed since the run began', async () => {
    const [a, b, c, d, e, f] = (await people(6)) as [Person, Person, Person, Person, Person, Person];
    await pair(a, b, 12);
    await pair(c, d, 12);
    await pair(e, f, 12);
    const { duplicateMergeRun: begun } = await start();
    await test.app.backend.database.prisma.duplicateCandidate.updateMany({
      where: { oneId: { in: [a.customerId, b.customerId] } },
      data: { state: 'DISMISSED', decidedBy: 'staff:test', decidedAt: new Date() },
    });
    await test.app.transact('system', (tx) => updateCustomer(tx, c.customerId, { firstName: 'Somebody else' }));
    const run = await finish(begun.id);
    expect(stepOf(run, a, b)).toMatchObject({ state: 'REFUSED', code: 'DUPLICATE_MERGE_CHANGED' });
    expect(stepOf(run, c, d)).toMatchObject({ state: 'REFUSED', code: 'DUPLICATE_MERGE_CHANGED' });
    expect(stepOf(run, e, f)).toMatchObject({ state: 'MERGED' });
  });

  it('lists what undoing would have to guess, and undoes it once that is decided', async () => {
    const [a, b, c, d] = (await people(4)) as [Person, Person, Person, Person];
    const { prisma } = test.app.backend.database;
    for (const person of [a, b]) await prisma.customer.update({ where: { id: person.customerId }, data: { note: `of ${person.customerId}` } });
    await pair(a, b, 12);
    await pair(c, d, 12);
    const { duplicateMergeRun: begun } = await start();
    const done = await finish(begun.id);
    const survivor = (await prisma.customer.findFirstOrThrow({ where: { id: { in: [a.customerId, b.customerId] }, deletedAt: null } })).id;
    await test.app.transact('system', (tx) => updateCustomer(tx, survivor, { note: 'written since' }));
    await ask(UNDO, { id: begun.id });
    const run = await finish(begun.id);
    expect(run.state).toBe('UNDONE');
    expect(stepOf(run, a, b)).toMatchObject({ state: 'UNDO_REFUSED', code: 'CHOICE_NEEDED' });
    expect(stepOf(run, c, d)).toMatchObject({ state: 'UNDONE' });
    expect((await prisma.customer.findUniqueOrThrow({ where: { id: survivor } })).note).toBe('written since');
    const mergeId = stepOf(done, a, b)?.customerMergeIds[0];
    const chosen = await ask(
      `mutation ($id: ID!, $who: ID!) { customerMergeUndo(mergeId: $id, choices: [{ customerId: $who, field: note, resolution: KEEP_NOW }]) { userErrors { code } } }`,
      { id: mergeId, who: `gid://clientele/Customer/${survivor}` },
    );
    expect(chosen.customerMergeUndo.userErrors).toEqual([]);
    expect((await ask(UNDO, { id: begun.id })).duplicateMergeRunUndo.userErrors).toEqual([]);
    expect(stepOf(await finish(begun.id), a, b)).toMatchObject({ state: 'UNDONE', code: null });
  });

  it('goes on where it was ended in the middle of a group, and ends where staff cancel it', async () => {
    const all = await people(6);
    for (const place of [0, 2, 4]) await pair(all[place] as Person, all[place + 1] as Person, 12 - place);
    const { duplicateMergeRun: begun } = await start();
    await advanceMergeRun(test.app);
    // The process ends before its transaction does: what it did is gone, and the group is still to be done.
    const transact: Transact = (actor, run, limits) =>
      test.app.transact(
        actor,
        async (tx) => {
          await run(tx);
          throw new Error('killed');
        },
        limits,
      );
    const broken = { ...test.app, transact };
    await expect(advanceMergeRun(broken)).rejects.toThrow();
    expect((await look(begun.id)).counts.map(({ state, clustersCount }: { state: string; clustersCount: number }) => [state, clustersCount])).toEqual(
      [
        ['MERGED', 1],
        ['PLANNED', 2],
      ],
    );
    await advanceMergeRun(test.app);
    expect((await look(begun.id)).progress).toBeCloseTo(2 / 3, 5);
    expect((await start()).userErrors).toMatchObject([{ code: 'MERGE_RUN_IN_PROGRESS' }]);
    expect((await ask(CANCEL, { id: begun.id })).duplicateMergeRunCancel).toMatchObject({ duplicateMergeRun: { state: 'CANCELLED' } });
    expect(await advanceMergeRun(test.app)).toBe(0);
    expect((await ask(CANCEL, { id: begun.id })).duplicateMergeRunCancel.userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
    await ask(UNDO, { id: begun.id });
    const undone = await finish(begun.id);
    expect(undone.steps.nodes.map(({ state }: Step) => state).sort()).toEqual(['PLANNED', 'UNDONE', 'UNDONE']);
  });

  it('gives a group up that fails for a fault again and again, and goes on with the others', async () => {
    const [a, b, c, d] = (await people(4)) as [Person, Person, Person, Person];
    await pair(a, b, 12);
    await pair(c, d, 11);
    const { duplicateMergeRun: begun } = await start();
    const { sql } = test.app.backend.database;
    // A fault of the database that meets one of the two groups alone.
    await sql(`alter table customer_merge add constraint broken check (kept_id not in ('${a.customerId}', '${b.customerId}')) not valid`, []);
    try {
      for (let count = 0; count < 3; count += 1) await expect(advanceMergeRun(test.app)).rejects.toThrow();
      const run = await finish(begun.id);
      expect(stepOf(run, a, b)).toMatchObject({ state: 'REFUSED', code: 'INTERNAL_ERROR' });
      expect(stepOf(run, c, d)).toMatchObject({ state: 'MERGED' });
    } finally {
      await sql('alter table customer_merge drop constraint broken', []);
    }
  });

  it('looks at the likeliest so many pairs, and refuses numbers that are none', async () => {
    const [a, b, c, d] = (await people(4)) as [Person, Person, Person, Person];
    await pair(a, b, 12);
    await pair(c, d, 10);
    const { duplicateMergeRun } = await start({ pairs: 1, dry: true });
    expect(duplicateMergeRun.steps.nodes).toHaveLength(1);
    expect(stepOf(duplicateMergeRun, a, b)).toBeDefined();
    await finish(duplicateMergeRun.id);
    for (const [variables, code, field] of [
      [{ score: 0.4 }, 'MIN_SCORE_INVALID', 'minScore'],
      [{ score: 1 }, 'MIN_SCORE_INVALID', 'minScore'],
      [{ pairs: 0 }, 'PAIRS_MAX_INVALID', 'pairsMax'],
      [{ pairs: 5_001 }, 'PAIRS_MAX_INVALID', 'pairsMax'],
      [{ note: 'x'.repeat(5_001) }, 'TOO_LONG', 'note'],
    ] as const)
      expect((await start(variables)).userErrors).toMatchObject([{ code, field: [field] }]);
    const unknown = 'gid://clientele/DuplicateMergeRun/01900000-0000-7000-8000-000000000000';
    expect((await ask(UNDO, { id: unknown })).duplicateMergeRunUndo.userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
  });

  it('tells live how it goes on', async () => {
    const [a, b] = (await people(2)) as [Person, Person];
    await pair(a, b, 12);
    const { duplicateMergeRun } = await start();
    const query = 'subscription ($id: ID!) { duplicateMergeRunUpdated(id: $id) { state counts { state clustersCount } } }';
    const live = listen(test, query, { id: duplicateMergeRun.id }, test.staffToken);
    expect((await live.next()).data.duplicateMergeRunUpdated).toEqual({ state: 'MERGING', counts: [{ state: 'PLANNED', clustersCount: 1 }] });
    await advanceMergeRun(test.app);
    expect((await live.next()).data.duplicateMergeRunUpdated.counts).toEqual([{ state: 'MERGED', clustersCount: 1 }]);
    await advanceMergeRun(test.app);
    expect((await live.next()).data.duplicateMergeRunUpdated.state).toBe('DONE');
    await live.stop();
  });
});
