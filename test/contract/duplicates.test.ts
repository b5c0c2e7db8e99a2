import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deleteCustomer } from '../../src/capabilities/customers/delete.ts';
import { updateCustomer } from '../../src/capabilities/customers/update.ts';
import { refreshDuplicates } from '../../src/capabilities/duplicates/refresh.ts';
import { advanceScan } from '../../src/capabilities/duplicates/scan.ts';
import { importCustomers, openImport } from '../../src/capabilities/transfer/import-customers.ts';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCustomer, givenSession, someEmail } from '../support/given.ts';

const word = (letters: number): string => Array.from({ length: letters }, () => String.fromCharCode(97 + randomInt(26))).join('');

/** A name, a birth date and a home that nobody else in this database has. */
const somePerson = () => ({
  profile: { firstName: word(7), lastName: word(9), birthDate: new Date(Date.UTC(1930 + randomInt(70), randomInt(12), 1 + randomInt(28))) },
  address: { address1: `${word(10)} ${1 + randomInt(300)}`, city: word(8), zip: String(1000 + randomInt(9000)), territoryCode: 'DK' },
});
type Person = ReturnType<typeof somePerson>;

const CANDIDATES = `query ($id: ID, $minScore: Float, $state: DuplicateState, $first: Int, $after: String) {
  duplicateCandidates(customerId: $id, minScore: $minScore, state: $state, first: $first, after: $after) {
    nodes { id state probability bits decidedBy customerOne { id } customerTwo { id } waterfall { field level bits probability message } }
    pageInfo { hasNextPage endCursor } } }`;
const DISMISS = 'mutation ($id: ID!) { duplicateDismiss(id: $id) { duplicateCandidate { id state decidedBy } userErrors { code field } } }';
const CONFIRM = 'mutation ($id: ID!) { duplicateConfirm(id: $id) { duplicateCandidate { id state } userErrors { code } } }';
const REOPEN = 'mutation ($id: ID!) { duplicateReopen(id: $id) { duplicateCandidate { id state decidedBy } userErrors { code } } }';
const BLOCK = `mutation ($input: DuplicateSharedValueInput!) { duplicateSharedValueBlock(input: $input) {
  duplicateSharedValue { id kind value } userErrors { code field message } } }`;
const UNBLOCK = 'mutation ($id: ID!) { duplicateSharedValueUnblock(id: $id) { unblockedDuplicateSharedValueId userErrors { code } } }';
const START = 'mutation { duplicateScanStart { duplicateScan { id state progress customersCount } userErrors { code } } }';

describe.each(backends)('duplicates on $name', (kind) => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await startTestGateway(kind);
  });
  afterAll(() => test.stop());

  const staff = async (query: string, variables: object = {}) => {
    const { data, errors } = await test.graphql(query, variables, test.staffToken);
    expect(errors).toBeUndefined();
    return data;
  };

  /** Lets the matcher see all that has changed. */
  const refreshed = async (): Promise<void> => {
    while ((await refreshDuplicates(test.app)) > 0);
  };

  const candidatesOf = async (gid: string, over: object = {}) => (await staff(CANDIDATES, { id: gid, ...over })).duplicateCandidates.nodes;

  const given = async ({ profile, address }: Person, over: object = {}): Promise<{ customerId: string; gid: string }> => {
    const customer = await givenCustomer(test.app, { ...profile, ...over });
    const query =
      'mutation ($id: ID!, $address: CustomerAddressInput!) { customerAddressCreate(customerId: $id, address: $address) { userErrors { code } } }';
    const { customerAddressCreate } = await staff(query, { id: customer.gid, address });
    expect(customerAddressCreate.userErrors).toEqual([]);
    return customer;
  };

  const givenPair = async () => {
    const person = somePerson();
    const one = await given(person);
    const two = await given(person, { firstName: `${person.profile.firstName}h` });
    await refreshed();
    const [candidate] = await candidatesOf(one.gid);
    expect(candidate).toMatchObject({ state: 'OPEN', customerOne: { id: one.gid }, customerTwo: { id: two.gid } });
    return { person, one, two, candidate };
  };

  it('finds a customer again as soon as she is there, and explains why in the language asked for', async () => {
    const { one, two, candidate } = await givenPair();
    expect(candidate.probability).toBeGreaterThan(0.99);
    const steps: { field: string; level: string | null; bits: number; message: string; probability: number }[] = candidate.waterfall;
    const of = (field: string) => steps.find((step) => step.field === field);
    expect(steps[0]).toMatchObject({ field: 'PRIOR', level: null });
    expect(of('BIRTH_DATE')).toMatchObject({ level: 'EXACT', message: 'Date of birth: the same.' });
    expect(of('GIVEN_NAME')).toMatchObject({ level: 'CLOSE', message: 'First name: nearly the same, as after a typing error.' });
    expect(of('FAMILY_NAME')?.message).toMatch(/^Last name: the same; one customer in \d+ has it\.$/);
    expect(of('HOUSEHOLD')?.bits).toBeLessThan(0);
    expect(steps.reduce((sum, { bits }) => sum + bits, 0)).toBeCloseTo(candidate.bits, 1);
    expect(steps.at(-1)?.probability).toBeCloseTo(candidate.probability, 3);
    const german = await staff(
      'query ($id: ID) @inContext(language: DE) { duplicateCandidates(customerId: $id) { nodes { waterfall { field message } } } }',
      { id: one.gid },
    );
    expect(german.duplicateCandidates.nodes[0].waterfall.map(({ message }: { message: string }) => message)).toContain('Geburtsdatum: gleich.');
    const own = await staff('query ($id: ID) { customer(id: $id) { duplicateCandidates(first: 5) { nodes { id } edges { cursor } } } }', {
      id: two.gid,
    });
    expect(own.customer.duplicateCandidates.nodes).toEqual([{ id: candidate.id }]);
  });

  it('looks at nobody but who changed', async () => {
    const { one, candidate } = await givenPair();
    const { prisma } = test.app.backend.database;
    const before = await prisma.duplicateCandidate.findMany({ where: { id: candidate.id.split('/').at(-1) } });
    await givenCustomer(test.app);
    expect(await prisma.duplicateChange.count()).toBeGreaterThan(0);
    await refreshed();
    expect(await prisma.duplicateChange.count()).toBe(0);
    expect(await prisma.duplicateCandidate.findMany({ where: { id: candidate.id.split('/').at(-1) } })).toEqual(before);
    // What says nothing to the matcher is not compared again.
    await test.app.transact('system', (tx) => updateCustomer(tx, one.customerId, { note: 'likes tea', tags: ['vip'] }));
    expect(await prisma.duplicateChange.count({ where: { customerId: one.customerId } })).toBe(0);
  });

  it('lets a candidate go when the profiles part, and takes back what they counted for', async () => {
    const { person, one, two } = await givenPair();
    const { firstName, lastName, birthDate } = somePerson().profile;
    const address = '{ address1: "Elsewhere 7", city: "Nowhere", zip: "0001", territoryCode: "DK" }';
    await staff(`mutation ($id: ID!) { customerAddressCreate(customerId: $id, defaultAddress: true, address: ${address}) { userErrors { code } } }`, {
      id: two.gid,
    });
    await test.app.transact('system', (tx) => updateCustomer(tx, two.customerId, { firstName, lastName, birthDate }));
    await refreshed();
    expect(await candidatesOf(one.gid, { minScore: 0.9 })).toEqual([]);
    const { prisma } = test.app.backend.database;
    const term = { kind_value: { kind: 'family', value: person.profile.lastName } };
    expect(await prisma.duplicateTerm.findUnique({ where: term })).toMatchObject({ customers: 1 });
    await test.app.transact('system', (tx) => deleteCustomer(tx, one.customerId));
    await refreshed();
    expect(await prisma.duplicateTerm.findUnique({ where: term })).toBeNull();
    for (const where of [{ customerId: one.customerId }]) {
      expect(await prisma.duplicateProfile.findFirst({ where })).toBeNull();
      expect(await prisma.duplicateKey.count({ where })).toBe(0);
    }
  });

  it('keeps a household apart, and shows what its likeness came to', async () => {
    const person = somePerson();
    const one = await given(person);
    const other = somePerson();
    await given({ ...person, profile: { ...other.profile, lastName: person.profile.lastName } });
    await refreshed();
    expect(await candidatesOf(one.gid, { minScore: 0 })).toEqual([]);
  });

  it('never suggests again what staff dismissed: after changes, and after deletion and import', async () => {
    const person = somePerson();
    const [oneEmail, twoEmail] = [someEmail(), someEmail()];
    const one = await given(person, { email: oneEmail });
    const two = await given(person, { email: twoEmail });
    await refreshed();
    const [candidate] = await candidatesOf(one.gid);
    const { duplicateDismiss } = await staff(DISMISS, { id: candidate.id });
    expect(duplicateDismiss).toMatchObject({
      duplicateCandidate: { state: 'DISMISSED', decidedBy: expect.stringMatching(/^staff:/) },
      userErrors: [],
    });

    await test.app.transact('system', (tx) => updateCustomer(tx, two.customerId, { firstName: `${person.profile.firstName}x` }));
    await refreshed();
    expect(await candidatesOf(one.gid)).toEqual([]);
    expect(await candidatesOf(one.gid, { state: 'DISMISSED' })).toMatchObject([{ id: candidate.id }]);

    await test.app.transact('system', (tx) => deleteCustomer(tx, two.customerId));
    await refreshed();
    expect(await candidatesOf(one.gid, { state: null })).toEqual([]);
    const { firstName, lastName } = person.profile;
    const { address1, city, zip } = person.address;
    const csv = `First Name,Last Name,Email,Default Address Address1,Default Address City,Default Address Zip\n${firstName},${lastName},${twoEmail},${address1},${city},${zip}\n`;
    const opened = await openImport(
      (async function* () {
        yield Buffer.from(csv);
      })(),
    );
    for await (const _lines of importCustomers(test.app, 'system', opened));
    await refreshed();
    const again = await candidatesOf(one.gid, { state: null });
    expect(again).toMatchObject([{ state: 'DISMISSED', decidedBy: expect.stringMatching(/^staff:/) }]);
    expect(again[0].id).not.toBe(candidate.id);
  });

  it('remembers the last word, and forgets it when staff take it back', async () => {
    const { one, candidate } = await givenPair();
    await staff(DISMISS, { id: candidate.id });
    expect((await staff(CONFIRM, { id: candidate.id })).duplicateConfirm.duplicateCandidate).toEqual({ id: candidate.id, state: 'CONFIRMED' });
    expect(await candidatesOf(one.gid, { state: 'CONFIRMED' })).toHaveLength(1);
    expect((await staff(REOPEN, { id: candidate.id })).duplicateReopen.duplicateCandidate).toEqual({
      id: candidate.id,
      state: 'OPEN',
      decidedBy: null,
    });
    const unknown = candidate.id.replace(/.{12}$/, '000000000000');
    expect((await staff(DISMISS, { id: unknown })).duplicateDismiss).toEqual({
      duplicateCandidate: null,
      userErrors: [{ code: 'NOT_FOUND', field: ['id'] }],
    });
  });

  it('counts a number of many for less, and a blocked one for nothing, for those who have it already too', async () => {
    // A range in which every number is one.
    const phoneNumber = `+49151${String(randomInt(100_000_000)).padStart(8, '0')}`;
    const [oneName, twoName] = [word(9), word(9)];
    const at = (lastName: string) => {
      const person = somePerson();
      return { profile: { firstName: 'Kim', lastName, birthDate: null as never }, address: { ...person.address, phoneNumber } };
    };
    const person = at(oneName);
    const one = await given(person);
    const two = await given({ ...at(oneName), profile: person.profile });
    await refreshed();
    const [before] = await candidatesOf(one.gid, { minScore: 0.5 });
    expect(before.customerTwo.id).toBe(two.gid);
    expect(before.waterfall.find(({ field }: { field: string }) => field === 'PHONE')).toMatchObject({ level: 'EXACT' });

    const { duplicateSharedValueBlock: blocked } = await staff(BLOCK, { input: { phone: phoneNumber } });
    expect(blocked).toMatchObject({ duplicateSharedValue: { kind: 'PHONE', value: phoneNumber }, userErrors: [] });
    await refreshed();
    const after = await candidatesOf(one.gid, { minScore: 0 });
    for (const { waterfall } of after) {
      expect(waterfall.find(({ field }: { field: string }) => field === 'PHONE')).toMatchObject({ level: 'SHARED', bits: 0 });
    }
    expect(after[0]?.probability ?? 0).toBeLessThan(before.probability);
    expect((await staff(BLOCK, { input: { phone: phoneNumber } })).duplicateSharedValueBlock).toEqual(blocked);

    await staff(UNBLOCK, { id: blocked.duplicateSharedValue.id });
    for (let count = 0; count < 8; count += 1) await given(at(twoName));
    await refreshed();
    await test.app.transact('system', (tx) => updateCustomer(tx, one.customerId, { firstName: 'Kimm' }));
    await refreshed();
    const many = await candidatesOf(one.gid, { minScore: 0 });
    for (const { waterfall } of many) {
      expect(waterfall.find(({ field }: { field: string }) => field === 'PHONE')).toMatchObject({
        level: 'SHARED',
        message: expect.stringContaining('10 customers'),
      });
    }
  });

  it('refuses what is no value to block, naming the field', async () => {
    const code = async (input: object) => (await staff(BLOCK, { input })).duplicateSharedValueBlock.userErrors;
    expect(await code({ email: 'nobody' })).toMatchObject([{ code: 'INVALID', field: ['input', 'email'] }]);
    expect(await code({ phone: ' ' })).toMatchObject([{ code: 'BLANK', field: ['input', 'phone'] }]);
    expect(await code({ address: { address1: 'Vestergade', zip: '8000' } })).toMatchObject([
      { code: 'INVALID', field: ['input', 'address', 'address1'] },
    ]);
    for (const email of [`${word(12)}@`, `@${word(12)}.example`]) expect(await code({ email })).toEqual([]);
  });

  it('compares all customers when staff start it, goes on where another process ended, and shows how far it is', async () => {
    const { one, candidate } = await givenPair();
    const { prisma, sql } = test.app.backend.database;
    await sql('delete from duplicate_candidate where id = $1::text::uuid', [candidate.id.split('/').at(-1)]);
    const started = (await staff(START)).duplicateScanStart.duplicateScan;
    expect(started).toMatchObject({ state: 'INDEXING', progress: 0 });
    expect((await staff(START)).duplicateScanStart.duplicateScan.id).toBe(started.id);
    await advanceScan(test.app);
    const id = started.id.split('/').at(-1) as string;
    expect(await prisma.duplicateScan.findUnique({ where: { id } })).toMatchObject({ cursor: expect.any(String) });
    while ((await advanceScan(test.app)) > 0);
    const [scan] = (await staff('{ duplicateScans(first: 1) { nodes { id state progress indexedCount comparedCount customersCount finishedAt } } }'))
      .duplicateScans.nodes;
    expect(scan).toMatchObject({ id: started.id, state: 'DONE', progress: 1, indexedCount: scan.customersCount, comparedCount: scan.customersCount });
    expect(await candidatesOf(one.gid)).toHaveLength(1);
    const cancelled = await staff('mutation ($id: ID!) { duplicateScanCancel(id: $id) { userErrors { code } } }', { id: started.id });
    expect(cancelled.duplicateScanCancel.userErrors).toEqual([{ code: 'NOT_FOUND' }]);
  });

  it('pages through pairs, the likeliest first, each once', async () => {
    const person = somePerson();
    const customers = [];
    for (let count = 0; count < 4; count += 1) customers.push(await given(person, { firstName: person.profile.firstName + 'h'.repeat(count) }));
    await refreshed();
    const gid = customers[1]?.gid as string;
    const all = await candidatesOf(gid, { minScore: 0.5 });
    expect(all).toHaveLength(3);
    expect(all.map(({ bits }: { bits: number }) => bits)).toEqual(
      all.map(({ bits }: { bits: number }) => bits).toSorted((a: number, b: number) => b - a),
    );
    for (const query of [
      `query ($id: ID, $after: String) { page: duplicateCandidates(customerId: $id, minScore: 0.5, first: 1, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }`,
      `query ($id: ID, $after: String) { customer(id: $id) { page: duplicateCandidates(minScore: 0.5, first: 1, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } } }`,
    ]) {
      const ids: string[] = [];
      for (let after: string | null = null; ; ) {
        const data = await staff(query, { id: gid, after });
        const { nodes, pageInfo } = data.page ?? data.customer.page;
        ids.push(...nodes.map(({ id }: { id: string }) => id));
        if (!pageInfo.hasNextPage) break;
        after = pageInfo.endCursor;
      }
      expect(ids).toEqual(all.map(({ id }: { id: string }) => id));
    }
    const cluster = (await staff('query ($id: ID!) { duplicateCluster(customerId: $id) { customers { id } candidates { id } } }', { id: gid }))
      .duplicateCluster;
    expect(cluster.customers.map(({ id }: { id: string }) => id)).toEqual(customers.map(({ gid: each }) => each));
    expect(cluster.candidates).toHaveLength(6);
  });

  it('raises its threshold after dismissals', async () => {
    const read = async () =>
      (await staff('{ duplicateThreshold { probability shiftBits dismissedCount above { candidatesCount expectedPrecision } } }')).duplicateThreshold;
    const { candidate } = await givenPair();
    const before = await read();
    await staff(DISMISS, { id: candidate.id });
    const after = await read();
    expect(after.dismissedCount).toBe(before.dismissedCount + 1);
    expect(after.shiftBits).toBeLessThan(before.shiftBits);
    expect(after.probability).toBeGreaterThan(before.probability);
    expect(after.above.expectedPrecision ?? 1).toBeGreaterThan(0.5);
  });

  it('shows customers nothing of it, and refuses a score that is none', async () => {
    const { tokens } = await givenSession(test.app);
    const own = await test.graphql('{ customer { id duplicateCandidates(first: 1) { nodes { id } } } }', {}, tokens.accessToken);
    expect(own.data.customer.duplicateCandidates).toBeNull();
    expect(own.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    const wrong = await test.graphql('{ duplicateCandidates(minScore: 1.5) { nodes { id } } }', {}, test.staffToken);
    expect(wrong.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });
});
