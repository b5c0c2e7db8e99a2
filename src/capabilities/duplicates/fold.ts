/** Letters that no decomposition takes apart, as people without that keyboard write them. */
const LETTERS: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', ø: 'o', œ: 'oe', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ı: 'i' };

/**
 * The form in which text is compared: lower case, without accents, punctuation as space, single spaces. Null when nothing is left, since
 * what is missing speaks neither for nor against.
 */
export const fold = (text: string | null | undefined): string | null => {
  if (!text) return null;
  const folded = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[ßæøœłđðþı]/g, (letter) => LETTERS[letter] ?? letter)
    .replace(/[\p{M}'’`´]/gu, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
  return folded === '' ? null : folded;
};
