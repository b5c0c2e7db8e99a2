import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { averageLinkage } from '../../src/capabilities/duplicates/cluster.ts';
import { compare, type Population } from '../../src/capabilities/duplicates/compare.ts';
import { fold } from '../../src/capabilities/duplicates/fold.ts';
import { hashOf } from '../../src/capabilities/duplicates/key-hash.ts';
import { keysOf } from '../../src/capabilities/duplicates/keys.ts';
import { marksOf } from '../../src/capabilities/duplicates/marks.ts';
import { populationOf, RememberedCounts, readPopulation } from '../../src/capabilities/duplicates/population.ts';
import { isPossible } from '../../src/capabilities/duplicates/possible.ts';
import { type Facts, type Profile, profileOf } from '../../src/capabilities/duplicates/profile.ts';
import { profileFrom, textOf } from '../../src/capabilities/duplicates/profile-text.ts';
import { probabilityOf, SUGGESTED_PROBABILITY, scoreOf } from '../../src/capabilities/duplicates/score.ts';
import { isOneEdit, jaroWinkler, ratio, sameLetters, soundex } from '../../src/capabilities/duplicates/similarity.ts';
import { shiftOf } from '../../src/capabilities/duplicates/threshold.ts';
import { waterfallOf } from '../../src/capabilities/duplicates/waterfall.ts';

const CUSTOMERS = 10_000;
const NOBODY: Facts = { firstName: null, lastName: null, email: null, phone: null, birthDate: null, addresses: [] };

const population = (over: { counted?: Record<string, number>; blocked?: string[]; holders?: (key: string) => number } = {}): Population =>
  populationOf(CUSTOMERS, (kind, value) => over.counted?.[`${kind} ${value}`] ?? 0, new Set(over.blocked ?? []), over.holders ?? (() => 2));

const home = (over: object = {}) => ({ address1: 'Vestergade 12', address2: null, city: 'Aarhus', zip: '8000', zoneCode: null, ...over });
const anna: Facts = {
  firstName: 'Anna',
  lastName: 'Sørensen',
  email: 'anna.s@mejlby-design.dk',
  phone: '+4520304050',
  birthDate: '1984-05-17',
  addresses: [home()],
};

const score = (one: Facts, two: Facts, people: Population = population()) => {
  const said = compare(profileOf(one), profileOf(two), people);
  return { said, ...scoreOf(said, people.customers) };
};

const word = fc.stringMatching(/^[a-zæøå]{1,12}$/);
const some = fc.option(word, { nil: null });
const place = fc.record({
  address1: fc.option(
    fc.tuple(word, fc.nat(200)).map(([street, number]) => `${street} ${number}`),
    { nil: null },
  ),
  address2: some,
  city: some,
  zip: fc.option(fc.stringMatching(/^\d{4}$/), { nil: null }),
  zoneCode: some,
  phoneNumber: fc.option(fc.stringMatching(/^\+45\d{8}$/), { nil: null }),
});
const anyone: fc.Arbitrary<Facts> = fc.record({
  firstName: some,
  lastName: some,
  email: fc.option(
    fc.tuple(word, word).map(([local, host]) => `${local}@${host}.example`),
    { nil: null },
  ),
  phone: fc.option(fc.stringMatching(/^\+45\d{8}$/), { nil: null }),
  birthDate: fc.option(
    fc.date({ min: new Date('1920-01-01'), max: new Date('2020-01-01'), noInvalidDate: true }).map((day) => day.toISOString().slice(0, 10)),
    { nil: null },
  ),
  addresses: fc.array(place, { maxLength: 3 }),
});
/** Often somebody else, often nearly the same: two strangers have little in common to disagree on. */
const two = fc
  .tuple(anyone, anyone, fc.array(fc.constantFrom(...(Object.keys(NOBODY) as (keyof Facts)[])), { maxLength: 5 }))
  .map(([one, other, kept]) => [one, { ...other, ...Object.fromEntries(kept.map((field) => [field, one[field]])) }] as const);

describe('the matcher', () => {
  it('says the same whichever profile comes first', () => {
    fc.assert(
      fc.property(two, ([one, other]) => {
        expect(score(one, other).bits).toBeCloseTo(score(other, one).bits, 9);
      }),
      { numRuns: 500 },
    );
  });

  it('says the same in whatever order addresses and phone numbers are', () => {
    fc.assert(
      fc.property(two, ([one, other]) => {
        const turned = { ...other, addresses: other.addresses.toReversed() };
        // A name that only addresses tell is the first one's; these have names of their own or none.
        expect(score(one, turned).bits).toBeCloseTo(score(one, other).bits, 9);
      }),
      { numRuns: 300 },
    );
  });

  it('rules out beforehand only pairs that come to less than even odds', () => {
    // Blocked values are left out of the sum, so that they may be told apart by less.
    const people = [population(), population({ counted: { 'given anna': 40, 'street vestergade': 90 }, blocked: ['email a@a.example'] })];
    let ruledOut = 0;
    fc.assert(
      fc.property(two, fc.constantFrom(...people), fc.boolean(), ([one, other], of, isTurned) => {
        const turned = isTurned ? { ...other, firstName: other.lastName, lastName: other.firstName } : other;
        const [a, b] = [profileOf(one), profileOf(turned)];
        if (isPossible(a, b, of)) return;
        ruledOut += 1;
        expect(scoreOf(compare(a, b, of), of.customers).bits).toBeLessThan(0);
        expect(isPossible(b, a, of)).toBe(false);
      }),
      { numRuns: 5_000 },
    );
    expect(ruledOut).toBeGreaterThan(1_000);
    const slips = { ...anna, firstName: 'Sorensen', lastName: 'Ana', email: 'ana.s@mejlby-design.dk', phone: null, addresses: [] };
    expect(isPossible(profileOf(anna), profileOf(slips), population())).toBe(true);
  });

  it('compares with the counts it has read, however many are read after them', async () => {
    let asked: string[] = [];
    const sql = async <Row>(_text: string, [kinds, values]: readonly unknown[]) => {
      asked = asked.concat(values as string[]);
      return (kinds as string[]).map((kind, place) => ({ kind, value: (values as string[])[place], customers: 7_000 })) as Row[];
    };
    const remembered = new RememberedCounts();
    const [nina, many] = [
      profileOf({ ...NOBODY, firstName: 'Nina' }),
      Array.from({ length: 110_000 }, (_, place) => profileOf({ ...NOBODY, firstName: `n${place}` })),
    ];
    const read = (profiles: Profile[]) => readPopulation(sql, profiles, () => 1, remembered);
    const { population: first } = await read([nina]);
    const [before, count] = [first.share('given', 'nina'), asked.length];
    await read([nina]);
    expect(asked).toHaveLength(count);
    await read(many);
    await read([profileOf({ ...NOBODY, firstName: 'Otto' })]);
    expect(first.share('given', 'nina')).toBe(before);
    await read([nina]);
    expect(asked.filter((value) => value === 'nina').length).toBeGreaterThan(2);
    expect(first.share('given', 'nobody')).toBeLessThan(before);
  });

  it('reads a profile as it was written', () => {
    fc.assert(
      fc.property(anyone, (one) => {
        expect(profileFrom(textOf(profileOf(one)))).toEqual(profileOf(one));
      }),
    );
    expect(profileFrom(textOf(profileOf(NOBODY)))).toEqual(profileOf(NOBODY));
  });

  it('lets what is missing speak neither for nor against', () => {
    expect(compare(profileOf(anna), profileOf(NOBODY), population())).toEqual([]);
    fc.assert(
      fc.property(anyone, fc.constantFrom('firstName', 'email', 'phone', 'birthDate', 'addresses'), (one, field) => {
        const without = { ...one, [field]: NOBODY[field as keyof Facts] };
        const fields = compare(profileOf(without), profileOf(one), population()).map((said) => said.field);
        const own = { firstName: 'givenName', email: 'email', phone: 'phone', birthDate: 'birthDate', addresses: 'street' }[field];
        // A phone number may still be one of an address.
        if (field !== 'phone' && !(field === 'firstName' && fields.includes('nameOrder'))) expect(fields).not.toContain(own);
      }),
    );
  });

  it('adds up to its score, and the waterfall ends at its probability', () => {
    fc.assert(
      fc.property(two, ([one, other]) => {
        const { said, bits, prior, guard, probability } = score(one, other);
        expect(bits).toBeCloseTo(prior + guard + said.reduce((sum, each) => sum + each.bits, 0), 9);
        const steps = waterfallOf([{ field: 'prior', bits: prior }, ...said, { field: 'household', bits: guard }]);
        expect(steps.at(-1)?.probability).toBeCloseTo(probability, 9);
        expect(probability).toBeGreaterThanOrEqual(0);
        expect(probability).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('knows somebody again after typing errors, without accents, with the names exchanged', () => {
    expect(score(anna, { ...anna, email: null, phone: null, lastName: 'Soerensen' }).probability).toBeGreaterThan(0.99);
    expect(score(anna, { ...anna, email: null, firstName: 'SØRENSEN', lastName: 'Ana', addresses: [] }).probability).toBeGreaterThan(0.99);
    expect(score(anna, { ...NOBODY, firstName: 'Anna', lastName: 'Sorensen', birthDate: '1984-17-05' }).probability).toBeGreaterThan(0.5);
  });

  it('knows a moved house by name and birth date', () => {
    const moved = { ...anna, email: null, phone: null, addresses: [home({ address1: 'Nygade 3', zip: '9000', city: 'Aalborg' })] };
    expect(score(anna, moved).probability).toBeGreaterThan(SUGGESTED_PROBABILITY);
  });

  it('takes no household for one person, however rare its name and address', () => {
    const husband = { ...anna, firstName: 'Jens', email: 'jens@posthuset-nord.dk', birthDate: '1981-11-02' };
    expect(score(anna, husband).probability).toBeLessThan(0.1);
    expect(score({ ...anna, birthDate: null }, { ...husband, birthDate: null, email: null }).probability).toBeLessThan(SUGGESTED_PROBABILITY);
    const { guard } = score(anna, husband);
    expect(guard).toBeLessThan(0);
  });

  it('counts agreement on a common name for less than on a rare one', () => {
    const bare = { ...NOBODY, firstName: 'Anna', lastName: 'Jensen' };
    const common = score(bare, bare, population({ counted: { 'family jensen': 500 } })).bits;
    const rare = score(bare, bare, population({ counted: { 'family jensen': 3 } })).bits;
    expect(rare - common).toBeGreaterThan(2);
  });

  it('takes two common names that look alike for two names, and a rare one for a typing error', () => {
    const people = population({ counted: { 'given anna': 200, 'given anne': 150, 'given anan': 1 } });
    const bits = (firstName: string) => score({ ...NOBODY, firstName: 'Anna' }, { ...NOBODY, firstName }, people).bits;
    expect(bits('Anan') - bits('Anne')).toBeGreaterThan(4);
    expect(bits('Anne')).toBeGreaterThanOrEqual(bits('Lykke'));
  });

  it('counts a phone of many for little, and one that staff blocked for nothing', () => {
    const calls = (people: Population) => score({ ...NOBODY, phone: '+4570101010' }, { ...NOBODY, phone: '+4570101010' }, people).said;
    const usual = calls(population())[0]?.bits ?? 0;
    const many = calls(population({ holders: () => 40 }));
    const uncounted = calls(population({ holders: () => Number.POSITIVE_INFINITY }));
    const blocked = calls(population({ blocked: ['phone 4570101010'] }));
    expect(usual).toBeGreaterThan(15);
    expect(many[0]).toMatchObject({ level: 'SHARED', holders: 40 });
    expect(many[0]?.bits).toBeLessThan(usual - 5);
    expect([uncounted[0]?.bits, blocked[0]?.bits]).toEqual([0, 0]);
  });

  it('does not take two people of one office for one, nor a mailbox name at two hosts', () => {
    const office = [home({ address1: 'Havnegade 1' })];
    const [one, other] = [
      { ...NOBODY, firstName: 'Anna', lastName: 'Hansen', addresses: office },
      { ...NOBODY, firstName: 'Anna', lastName: 'Jensen', addresses: office },
    ];
    const counted = { 'family hansen': 400, 'family jensen': 500, 'given anna': 150 };
    expect(score(one, other, population({ counted, holders: () => 40 })).probability).toBeLessThan(0.5);
    const info = (host: string) => ({ ...NOBODY, email: `info@${host}` });
    const usual = score(info('mejlby.dk'), info('thyboron.no')).bits;
    expect(score(info('mejlby.dk'), info('thyboron.no'), population({ counted: { 'local info': 400 } })).bits).toBeLessThan(usual - 4);
    const blocked = score(info('mejlby.dk'), info('thyboron.no'), population({ blocked: ['email info@'] })).said;
    expect(blocked).toEqual([]);
  });

  it('does not take two addresses at one host for nearly the same', () => {
    const at = (local: string) => ({ ...NOBODY, email: `${local}@hotmail.com` });
    expect(score(at('jo'), at('al')).said[0]).toMatchObject({ field: 'email', level: 'DIFFERENT' });
    expect(score(at('kirsten.lund'), at('kirsten.lnud')).said[0]).toMatchObject({ level: 'CLOSE' });
    // Tags and dots reach one inbox.
    expect(score({ ...NOBODY, email: 'anna.s+shop@gmail.com' }, { ...NOBODY, email: 'annas@gmail.com' }).said[0]).toMatchObject({ level: 'EXACT' });
  });

  it('finds the house number wherever it stands', () => {
    const of = (address1: string) => profileOf({ ...NOBODY, addresses: [home({ address1 })] }).places[0];
    for (const line of ['Vestergade 12 B', '12b Vestergade', 'Vestergade, 12B'])
      expect(of(line)).toMatchObject({ number: '12b', street: 'vestergade' });
    expect(of('Postboks')).toMatchObject({ number: null, street: 'postboks' });
  });

  it('treats a small shop as one of a thousand: two customers are not each other for being the only ones', () => {
    expect(scoreOf([], 2).probability).toBeLessThan(0.01);
  });
});

describe('similarity', () => {
  const text = fc.string({ maxLength: 14 });
  it('is symmetric, within 0 and 1, and 1 for equal texts', () => {
    for (const measure of [jaroWinkler, ratio, sameLetters]) {
      fc.assert(
        fc.property(text, text, (a, b) => {
          expect(measure(a, b)).toBeCloseTo(measure(b, a), 9);
          expect(measure(a, b)).toBeGreaterThanOrEqual(0);
          expect(measure(a, b)).toBeLessThanOrEqual(1);
          expect(measure(a, a)).toBe(1);
        }),
      );
    }
  });

  it('agrees with published values', () => {
    expect(jaroWinkler('martha', 'marhta')).toBeCloseTo(0.9611, 4);
    expect(jaroWinkler('dixon', 'dicksonx')).toBeCloseTo(0.8133, 4);
    expect(ratio('kitten', 'sitting')).toBeCloseTo(8 / 13, 9);
    expect(['robert', 'rupert', 'ashcraft', 'tymczak', 'pfister', 'honeyman'].map(soundex)).toEqual(['r163', 'r163', 'a261', 't522', 'p236', 'h555']);
  });

  it('knows every single edit and no second one', () => {
    const edits = fc.tuple(fc.stringMatching(/^[a-e]{2,8}$/), fc.nat(6), fc.constantFrom('drop', 'swap', 'put', 'change'));
    fc.assert(
      fc.property(edits, ([word_, at, how]) => {
        const place_ = at % (word_.length - 1);
        const [head, tail] = [word_.slice(0, place_), word_.slice(place_)];
        const edited = {
          drop: head + tail.slice(1),
          swap: head + tail[1] + tail[0] + tail.slice(2),
          put: `${head}x${tail}`,
          change: `${head}x${tail.slice(1)}`,
        }[how];
        expect(isOneEdit(word_, edited)).toBe(true);
        expect(isOneEdit(word_, `yz${edited}`)).toBe(false);
      }),
    );
  });

  it('folds what keyboards write differently', () => {
    expect(fold(' Søren  O’Brien-Straße ')).toBe('soren obrien strasse');
    expect(fold('--')).toBeNull();
  });
});

describe('keys', () => {
  it('put two profiles side by side that differ in one field', () => {
    const whole = profileOf({ ...anna, addresses: [home({ address2: 'c/o Holm' })] });
    for (const field of Object.keys(whole) as (keyof Profile)[]) {
      const other = { ...whole, [field]: Array.isArray(whole[field]) ? [] : null };
      expect(keysOf(whole).filter((key) => keysOf(other).includes(key)).length, field).toBeGreaterThan(0);
    }
    expect(keysOf(profileOf(NOBODY))).toEqual([]);
    expect(keysOf(whole).length).toBeLessThan(40);
  });

  it('are kept as numbers that fit a double, and differ', () => {
    const hashes = Array.from({ length: 20_000 }, (_, place) => hashOf(`name ${place}`));
    expect(new Set(hashes).size).toBe(hashes.length);
    for (const hash of hashes) expect(Number.isSafeInteger(Number(hash))).toBe(true);
  });

  it('mark a pair the same whoever comes first', () => {
    const [one, other] = [
      ['id a', 'email a@x.dk'],
      ['id b', 'phone +45'],
    ];
    expect(new Set(marksOf(one, other))).toEqual(new Set(marksOf(other, one)));
    expect(marksOf(one, other)).toHaveLength(4);
  });
});

describe('the threshold', () => {
  const decided = (bits: number, isSame: boolean, times: number) => Array.from({ length: times }, () => ({ bits, isSame }));

  it('stays where it is without decisions, rises with dismissals and falls with confirmations', () => {
    expect(shiftOf([])).toBe(0);
    expect(shiftOf(decided(8, false, 1))).toBeLessThan(-0.4);
    expect(shiftOf(decided(8, false, 5))).toBeLessThan(shiftOf(decided(8, false, 1)));
    expect(shiftOf(decided(1, true, 10))).toBeGreaterThan(0.5);
    // What it was sure of anyway teaches it nothing.
    expect(Math.abs(shiftOf(decided(12, true, 50)))).toBeLessThan(0.05);
  });

  it('is where the likelihood is highest, and within six bits', () => {
    const decisions = [...decided(5, true, 7), ...decided(4, false, 3), ...decided(9, false, 1)];
    const value = (shift: number): number =>
      decisions.reduce((sum, { bits, isSame }) => sum + Math.log(isSame ? probabilityOf(bits + shift) : 1 - probabilityOf(bits + shift)), 0) -
      shift ** 2 / 2;
    const shift = shiftOf(decisions);
    expect(value(shift)).toBeGreaterThan(value(shift + 0.05));
    expect(value(shift)).toBeGreaterThan(value(shift - 0.05));
    expect(shiftOf(decided(40, false, 500))).toBe(-6);
  });
});

describe('clusters', () => {
  const link = (oneId: string, twoId: string, bits: number) => ({ oneId, twoId, bits });

  it('join what speaks for each other on average, and follow no chain', () => {
    expect(averageLinkage([link('a', 'b', 10), link('b', 'c', 9), link('a', 'c', 8)])).toEqual([['a', 'b', 'c']]);
    // a–b–c–d, none of the ends ever found alike.
    expect(averageLinkage([link('a', 'b', 10), link('b', 'c', 4), link('c', 'd', 10)])).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    expect(averageLinkage([link('a', 'b', -3)])).toEqual([]);
  });

  it('lets one loud pair speak no louder than twelve bits', () => {
    expect(averageLinkage([link('a', 'b', 12), link('b', 'c', 1_000), link('c', 'd', 12)])).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
  });
});
