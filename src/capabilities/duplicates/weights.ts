/**
 * The matcher's one configuration, for every shop and every data set. `m` is how often a level is met between two profiles of one person,
 * `u` between two of different people; a level weighs log2(m / u) bits.
 *
 * The numbers are rounded averages of what expectation maximisation fitted, without labels, on FEBRL's and Splink's public sets; a table
 * made up from textbooks scored within half a point of it, so they need no fitting to a shop. What matters is that agreement on a value
 * counts by the value's own frequency (`byFrequency`), the levels, and the guard in `score.ts`.
 */
interface Level {
  readonly m: number;
  readonly u: number;
}

const level = (m: number, u: number): Level => ({ m, u });

export const LEVELS = {
  givenName: { EXACT: level(0.7, 0.004), CLOSE: level(0.14, 0.0015), SIMILAR: level(0.06, 0.005), DIFFERENT: level(0.1, 0.99) },
  familyName: { EXACT: level(0.7, 0.004), CLOSE: level(0.17, 0.0012), SIMILAR: level(0.06, 0.003), DIFFERENT: level(0.07, 0.99) },
  nameOrder: { SWAPPED: level(0.15, 0.15), DIFFERENT: level(0.85, 0.998) },
  birthDate: {
    EXACT: level(0.85, 4e-5),
    CLOSE: level(0.04, 1e-3),
    WITHIN_A_MONTH: level(0.02, 1.5e-3),
    WITHIN_A_SEASON: level(0.03, 5e-3),
    SIMILAR: level(0.01, 1e-2),
    DIFFERENT: level(0.05, 0.98),
  },
  email: { EXACT: level(0.7, 6e-6), CLOSE: level(0.15, 1e-5), SAME_LOCAL_PART: level(0.03, 5e-5), DIFFERENT: level(0.12, 1) },
  phone: { EXACT: level(0.75, 1e-5), CLOSE: level(0.1, 1e-5), DIFFERENT: level(0.15, 1) },
  houseNumber: { EXACT: level(0.83, 0.014), CLOSE: level(0.06, 0.22), DIFFERENT: level(0.11, 0.77) },
  street: { EXACT: level(0.73, 4e-4), CLOSE: level(0.22, 3e-4), SIMILAR: level(0.015, 0.018), DIFFERENT: level(0.035, 0.98) },
  addressExtra: { EXACT: level(0.7, 6e-4), CLOSE: level(0.25, 3e-4), SIMILAR: level(0.015, 0.002), DIFFERENT: level(0.035, 1) },
  addressOrder: { SWAPPED: level(0.05, 1e-4), DIFFERENT: level(0.95, 1) },
  city: { EXACT: level(0.7, 0.01), CLOSE: level(0.19, 0.002), SIMILAR: level(0.05, 0.01), DIFFERENT: level(0.06, 0.98) },
  zip: { EXACT: level(0.8, 2e-3), CLOSE: level(0.16, 0.014), DIFFERENT: level(0.04, 0.98) },
  zone: { EXACT: level(0.95, 0.22), DIFFERENT: level(0.05, 0.78) },
} as const satisfies Record<string, Record<string, Level>>;

/** The share of customers that a value is taken to have before any were counted, and what more customers outweigh: so many of them. */
export const USUAL_SHARE = { given: 0.004, family: 0.004, street: 4e-4, city: 0.01, zip: 2e-3, zone: 0.22, local: 5e-5, domain: 1e-4 } as const;
export const USUAL_CUSTOMERS = 1_000;

/** Values whose agreement counts by how common they are. */
export type TermKind = keyof typeof USUAL_SHARE;

/** The share from which on a name is taken for one of its own, not for another's typing error; and how many customers do not count for it. */
export const ESTABLISHED_SHARE = 2.5e-4;
export const ERRING_CUSTOMERS = 2;

/** How much rarer than usual a value may be taken to be: beyond that a rare value is likelier a typing error. */
export const RARITY_MAX = 64;

/**
 * How many may have the same value before it counts by their number: a family, then a company's phone, a block of flats, a mailbox of
 * many orders. `share` is the part of one person's profiles that agree on it.
 */
export const HOLDERS_MAX = { email: 20, phone: 8, address: 8 } as const;

/** How far a household's agreement alone may lift a pair above even odds, in bits: not to the threshold when anything else speaks against it. */
export const HOUSEHOLD_BITS_MAX = 4;
