import type { OverrideFields, Profile } from './fields.ts';

/** Whom the rules below prefer of a pair, or null when they say nothing. */
const byState = (one: Profile, two: Profile): Profile | null => {
  for (const state of ['ENABLED', 'INVITED'] as const) {
    if ((one.state === state) !== (two.state === state)) return one.state === state ? one : two;
  }
  return null;
};

/**
 * Who lives on, by Shopify's rules: whose e-mail address is asked to be kept; the only one who has an address; an enabled account before
 * another, then an invited one; else the second. Before all of them, whom the caller names.
 */
export const survivorOf = (one: Profile, two: Profile, keepId: string | null, overrides: OverrideFields): Profile => {
  const named = [one, two].find(({ id }) => id === (keepId ?? overrides.customerIdOfEmailToKeep));
  if (named) return named;
  if ((one.email === null) !== (two.email === null)) return one.email === null ? two : one;
  return (one.email !== null && byState(one, two)) || two;
};
