import { HOUSEHOLD, type Said } from './compare.ts';

const AGREEING: ReadonlySet<string> = new Set(['EXACT', 'CLOSE']);

/**
 * Whether a pair may be two people of one household: something that a family shares speaks for it, and of the two things that tell
 * relatives apart, given name and birth date, one differs or neither agrees. Twins, couples with one mailbox, a father and his namesake:
 * staff may know better, nobody else does.
 */
export const isHouseholdPair = (evidence: readonly Said[]): boolean => {
  const level = (name: string): string | null => {
    const said = evidence.find(({ field }) => field === name);
    return said && 'level' in said ? said.level : null;
  };
  if (!evidence.some(({ field, bits }) => HOUSEHOLD.has(field) && bits > 0)) return false;
  const [given, born] = [level('givenName'), level('birthDate')];
  if (given === 'DIFFERENT' || born === 'DIFFERENT') return true;
  return ![given, born].some((said) => said !== null && AGREEING.has(said));
};
