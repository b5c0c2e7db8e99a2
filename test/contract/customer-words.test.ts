import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { customerSearch } from '../../src/capabilities/customers/search.ts';
import { wordLists } from '../../src/capabilities/customers/search-words.ts';
import { sweepingWords } from '../../src/capabilities/customers/sweep-words.ts';
import { withoutOwn } from '../../src/db/read/where.ts';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCustomer } from '../support/given.ts';

const letters = (): string => Array.from({ length: 12 }, () => String.fromCharCode(97 + Math.floor(Math.random() * 26))).join('');

describe.each(backends)('words of customers on $name', (kind) => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await startTestGateway(kind);
  });
  afterAll(() => test.stop());

  const sql = <Row>(text: string, values: readonly unknown[]) => test.app.backend.database.sql<Row>(text, values);
  const known = async (words: readonly string[]): Promise<string[]> =>
    (await sql<{ word: string }>('select distinct word from customer_word where word = any($1::text[]) order by word', [words])).map(
      ({ word }) => word,
    );
  const rename = (id: string, lastName: string | null) => test.app.backend.database.prisma.customer.update({ where: { id }, data: { lastName } });

  it('come with the first who has them and go with the last', async () => {
    const [one, two] = [letters(), letters()].sort() as [string, string];
    const first = await givenCustomer(test.app, { lastName: `${one}-${two.toUpperCase()}` });
    expect(await known([one, two])).toEqual([one, two]);
    const second = await givenCustomer(test.app, { firstName: one, email: `x.${two}77@${randomUUID()}.example` });
    await rename(first.customerId, null);
    expect(await known([one, two, 'x'])).toEqual([one, two, 'x'].sort());
    await test.app.backend.database.prisma.customer.update({ where: { id: second.customerId }, data: { email: null } });
    expect(await known([one, two])).toEqual([one]);
    await test.app.backend.database.prisma.customer.delete({ where: { id: second.customerId } });
    expect(await known([one, two])).toEqual([]);
  });

  const part = fc.array(fc.constantFrom('a', 'B', 'Å', 'nn', '1', '23', '-', '.', ' ', "'", '%', '_', '\u00a0', 'ß'), { minLength: 1, maxLength: 7 });
  const text = part.map((parts) => parts.join(''));

  it('find exactly whom the words as written are true of', { timeout: 120_000 }, async () => {
    const { read, searches, prisma } = test.app.backend.database;
    const idsBy = async (find: (query: never) => Promise<{ id: string }[]>, tag: string, where: unknown): Promise<string[]> =>
      (await find({ where: { tags: { has: tag }, AND: where }, select: { id: true } } as never)).map(({ id }) => id).sort();
    let found = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.option(text), fc.option(text), fc.option(text)), { minLength: 1, maxLength: 6 }),
        fc.array(
          fc.tuple(
            fc.constantFrom('', '', '-', 'NOT '),
            fc.constantFrom('', '', 'first_name:', 'last_name:', 'email:'),
            text,
            fc.boolean(),
            fc.boolean(),
          ),
          { minLength: 1, maxLength: 2 },
        ),
        fc.nat(),
        async (people, terms, at) => {
          const tag = randomUUID();
          const rows = people.map(([first, last, local]) => [
            first,
            last,
            local === null ? null : `x${local.replace(/[^a-z0-9.'%_-]/g, '')}@${tag.slice(0, 8)}.exam${local.length}`,
          ]);
          await sql(
            `insert into customer (id, first_name, last_name, email, tags)
             select gen_random_uuid(), v->>0, v->>1, v->>2 || n, array[$2::text] from jsonb_array_elements($1::text::jsonb) with ordinality x(v, n)`,
            [JSON.stringify(rows), tag],
          );
          // Half of the time what is looked for is a part of what is there.
          const there = rows.flat().filter((value): value is string => value !== null);
          const query = terms
            .map(([not, field, own, isTaken, isQuoted]) => {
              const value = isTaken && there.length > 0 ? (there[at % there.length] as string).slice(at % 3, (at % 3) + 2 + (at % 9)) : own;
              // An alternative that asks nothing is everybody to us, and nobody to Prisma.
              const clean = value.replaceAll('"', '').trim() || 'a';
              return `${not}${field}${isQuoted || /[\s']/.test(clean) ? `"${clean}"` : at % 5 === 0 ? `${clean}*` : clean}`;
            })
            .join(at % 2 === 0 ? ' ' : ' OR ');
          let search: ReturnType<typeof customerSearch>;
          try {
            search = customerSearch(query);
          } catch {
            return;
          }
          const byWords = search.found(await wordLists(searches.look, search.looks));
          const expected = await idsBy(read.customer.findMany as never, tag, search.exact);
          found += expected.length;
          expect({ query, rows, ids: await idsBy(searches.found.customer.findMany as never, tag, byWords) }).toEqual({ query, rows, ids: expected });
          expect({ query, rows, ids: await idsBy(prisma.customer.findMany as never, tag, withoutOwn(byWords)) }).toEqual({
            query,
            rows,
            ids: expected,
          });
        },
      ),
      { numRuns: 150 },
    );
    expect(found).toBeGreaterThan(20);
  });

  // PGlite has one connection.
  describe.runIf(kind.name === 'service')('whom several write at once', () => {
    const insert = `insert into customer (id, last_name) values ($1::text::uuid, $2)`;
    const leave = 'update customer set last_name = null where id = $1::text::uuid';
    const rollback = new Error('rollback');
    type Run = (text: string, values: readonly unknown[]) => Promise<unknown>;
    /** A transaction that waits before its end until it is told how. */
    const open = async (run: (sql: Run) => Promise<unknown>) => {
      let end: (isKept: boolean) => void = () => {};
      const ended = new Promise<boolean>((resolve) => {
        end = resolve;
      });
      let begun: () => void = () => {};
      const isBegun = new Promise<void>((resolve) => {
        begun = resolve;
      });
      const whole = test.app.backend.database
        .transaction(async (own) => {
          await run(own);
          begun();
          if (!(await ended)) throw rollback;
        })
        .catch((error) => {
          if (error !== rollback) throw error;
        });
      await Promise.race([isBegun, whole]);
      return async (isKept: boolean) => {
        end(isKept);
        await whole;
      };
    };

    it.each([true, false])('keep a word that another was about to have, who came first: %s', async (isFirst) => {
      const word = letters();
      const { customerId } = await givenCustomer(test.app, { lastName: word });
      const come = () => open((own) => own(insert, [randomUUID(), word]));
      const go = () => open((own) => own(leave, [customerId]));
      const ends = isFirst ? [await come(), await go()] : [await go(), await come()];
      for (const end of ends.reverse()) await end(true);
      expect(await known([word])).toEqual([word]);
    });

    it('keep a word when she who let it go did not after all, and lose what nobody has in a later round', async () => {
      const [kept, lost] = [letters(), letters()];
      const { customerId } = await givenCustomer(test.app, { lastName: `${kept} ${lost}` });
      await (await open((own) => own(leave, [customerId])))(false);
      expect(await known([kept])).toEqual([kept]);
      // She counts on a word that goes, and is not written.
      const coming = await open((own) => own(insert, [randomUUID(), lost]));
      await rename(customerId, kept);
      await coming(false);
      expect(await known([kept, lost])).toEqual([kept, lost].sort());
      const sweep = sweepingWords(test.app);
      const [{ count } = { count: 0 }] = await sql<{ count: number }>('select count(*)::int as count from customer_word', []);
      for (let round = 0; round <= count / 200 + 1; round += 1) await sweep();
      expect(await known([kept, lost])).toEqual([kept]);
    });
  });
});
