/*
 * How alike two texts are. PostgreSQL's fuzzystrmatch and pg_trgm have neither Jaro-Winkler nor transpositions, so texts are compared here.
 * All are symmetric, and 1 (or true) for equal texts.
 */

/** Whether one insertion, deletion, substitution or swap of neighbours, or none, makes one of the other (optimal string alignment). */
export const isOneEdit = (a: string, b: string): boolean => {
  if (a === b) return true;
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (long.length - short.length > 1) return false;
  let start = 0;
  while (start < short.length && short[start] === long[start]) start += 1;
  let end = 0;
  while (end < short.length - start && short[short.length - 1 - end] === long[long.length - 1 - end]) end += 1;
  const [left, right] = [short.length - start - end, long.length - start - end];
  if (left <= 1 && right <= 1) return true;
  return left === 2 && right === 2 && short[start] === long[start + 1] && short[start + 1] === long[start];
};

/** Jaro's similarity with Winkler's prefix bonus (0.1 a letter, at most four), from 0 to 1. */
export const jaroWinkler = (a: string, b: string): number => {
  if (a === b) return 1;
  const reach = Math.max(0, Math.floor(Math.max(a.length, b.length) / 2) - 1);
  const taken = new Uint8Array(b.length);
  const matched: string[] = [];
  for (let i = 0; i < a.length; i += 1) {
    const last = Math.min(b.length - 1, i + reach);
    for (let j = Math.max(0, i - reach); j <= last; j += 1) {
      if (taken[j] === 0 && a[i] === b[j]) {
        taken[j] = 1;
        matched.push(a[i] as string);
        break;
      }
    }
  }
  const count = matched.length;
  if (count === 0) return 0;
  let moved = 0;
  for (let j = 0, place = 0; j < b.length; j += 1) {
    if (taken[j] === 0) continue;
    if (b[j] !== matched[place]) moved += 1;
    place += 1;
  }
  const jaro = (count / a.length + count / b.length + (count - moved / 2) / count) / 3;
  let prefix = 0;
  while (prefix < 4 && prefix < a.length && a[prefix] === b[prefix]) prefix += 1;
  return jaro + prefix * 0.1 * (1 - jaro);
};

/** Twice the longest common subsequence over both lengths, from 0 to 1. */
export const ratio = (a: string, b: string): number => {
  if (a === b) return 1;
  const row = new Uint16Array(b.length + 1);
  for (let i = 1; i <= a.length; i += 1) {
    let diagonal = 0;
    const letter = a.charCodeAt(i - 1);
    for (let j = 1; j <= b.length; j += 1) {
      const above = row[j] as number;
      row[j] = letter === b.charCodeAt(j - 1) ? diagonal + 1 : Math.max(above, row[j - 1] as number);
      diagonal = above;
    }
  }
  return (2 * (row[b.length] as number)) / (a.length + b.length);
};

// Letters of one script fall into different places; two that share one are only taken to be more alike than they are.
const PLACES = 256;
const counts = new Int16Array(PLACES);

/** Dice's coefficient of the two bags of letters, from 0 to 1: the same letters in any order. */
export const sameLetters = (a: string, b: string): number => {
  if (a === b) return 1;
  counts.fill(0);
  for (let i = 0; i < a.length; i += 1) (counts[a.charCodeAt(i) % PLACES] as number) += 1;
  let shared = 0;
  for (let i = 0; i < b.length; i += 1) {
    const place = b.charCodeAt(i) % PLACES;
    const left = counts[place] as number;
    if (left > 0) {
      shared += 1;
      counts[place] = left - 1;
    }
  }
  return (2 * shared) / (a.length + b.length);
};

/** With fewer letters in common than this, no other measure reaches its bound: (m/|a| + m/|b| + 1) / 3 and the prefix make at most 0.85. */
export const SAME_LETTERS_MIN = 0.4;

export type Likeness = 'EXACT' | 'CLOSE' | 'SIMILAR' | 'DIFFERENT';

/** How alike two names or lines are: a slip of the keyboard, a garbled writing, or something else. */
export const likeness = (a: string, b: string): Likeness => {
  if (a === b) return 'EXACT';
  if (isOneEdit(a, b)) return 'CLOSE';
  const letters = sameLetters(a, b);
  if (letters < SAME_LETTERS_MIN) return 'DIFFERENT';
  const winkler = jaroWinkler(a, b);
  if (winkler >= 0.93) return 'CLOSE';
  const shared = ratio(a, b);
  if (shared >= 0.82 && Math.min(a.length, b.length) >= 8) return 'CLOSE';
  return winkler >= 0.85 || shared >= 0.6 || letters >= 0.8 ? 'SIMILAR' : 'DIFFERENT';
};

/** American Soundex of the letters a to z: a letter and three digits. Empty for a text without such letters. */
export const soundex = (text: string): string => {
  const letters = text.replaceAll(/[^a-z]/g, '');
  if (letters === '') return '';
  const CODES = '01230120022455012623010202';
  const codeOf = (letter: string): string => CODES[letter.charCodeAt(0) - 97] as string;
  let code = letters[0] as string;
  let last = codeOf(code);
  for (const letter of letters.slice(1)) {
    const next = codeOf(letter);
    if (next !== '0' && next !== last) code += next;
    // A vowel separates two letters of one sound; h and w do not.
    if (letter !== 'h' && letter !== 'w') last = next;
    if (code.length === 4) break;
  }
  return code.padEnd(4, '0');
};
