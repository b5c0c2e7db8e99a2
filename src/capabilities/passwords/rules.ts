import { DomainError } from '../../core/errors.ts';

export const PASSWORD_CHARACTERS_MIN = 8;
export const PASSWORD_CHARACTERS_MAX = 128;

/**
 * As far as a password's strength is looked at: what is strong so far is strong. With zxcvbn's own bounds 32 signs that look like letters
 * take more than a second of this process; with these none takes longer than a hash.
 */
const JUDGED_CHARACTERS = 24;
const SUBSTITUTIONS_MAX = 5;
/** zxcvbn's scale: 0 and 1 are found within a million guesses, as all common passwords are. */
const SCORE_MIN = 2;

interface Judge {
  check(password: string, about: string[]): { readonly score: number };
}

let judge: Promise<Judge> | undefined;

/** The list of common passwords is some megabytes: it is read when the first password is chosen and not when the gateway starts. */
const loadJudge = async (): Promise<Judge> => {
  const [{ ZxcvbnFactory }, { dictionary, adjacencyGraphs }] = await Promise.all([import('@zxcvbn-ts/core'), import('@zxcvbn-ts/language-common')]);
  return new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs, l33tMaxSubstitutions: SUBSTITUTIONS_MAX });
};

/**
 * Whether a password may be chosen: 8 to 128 characters of any kind, no white space at its ends (Shopify's rule: it comes of copying),
 * and none of those that are guessed first, the customer's own address and names (`about`) included. No rule asks for digits or signs.
 * Refuses BLANK, TOO_SHORT, TOO_LONG, PASSWORD_STARTS_OR_ENDS_WITH_WHITESPACE, PASSWORD_TOO_COMMON at `field`.
 */
export const checkPassword = async (plain: string, about: readonly (string | null | undefined)[], field: readonly string[]): Promise<void> => {
  if (plain.trim() === '') throw new DomainError('BLANK', field);
  const { length } = [...plain];
  if (length < PASSWORD_CHARACTERS_MIN) throw new DomainError('TOO_SHORT', field, { min: PASSWORD_CHARACTERS_MIN });
  if (length > PASSWORD_CHARACTERS_MAX) throw new DomainError('TOO_LONG', field, { max: PASSWORD_CHARACTERS_MAX });
  if (plain.trim() !== plain) throw new DomainError('PASSWORD_STARTS_OR_ENDS_WITH_WHITESPACE', field);
  judge ??= loadJudge();
  const words = about.flatMap((text) => (text ? [text, ...text.split('@'), ...text.split(/[@.\s]+/)] : [])).filter((word) => word.length > 2);
  const { score } = (await judge).check(plain.slice(0, JUDGED_CHARACTERS), words);
  if (score < SCORE_MIN) throw new DomainError('PASSWORD_TOO_COMMON', field);
};
