import type { Said } from './compare.ts';
import { probabilityOf } from './score.ts';

/** One step from the chance before anything is known to the probability: a field, what it says and by how much. */
export interface Step {
  readonly field: string;
  /** Null for the steps that compare no field. */
  readonly level: string | null;
  /** For (more than 0) or against one person. */
  readonly bits: number;
  /** After this step. */
  readonly probability: number;
  /** The sentence's code in the messages, the name of the field among them, and what else it needs. */
  readonly code: string;
  readonly fieldCode: string | null;
  readonly params: Readonly<Record<string, string | number>>;
}

/** camelCase to UPPER_SNAKE. */
const upper = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

/** A share as one in so many; rarer than one in ten thousand is not told more exactly. */
const oneIn = (share: number): number => {
  const count = Math.min(10_000, Math.max(1, Math.round(1 / share)));
  return count < 20 ? count : Number(count.toPrecision(1));
};

const ORDERS = new Set(['nameOrder', 'addressOrder']);

const sentence = (said: Said): Pick<Step, 'code' | 'params'> => {
  if (!('level' in said)) return { code: `DUPLICATE_${upper(said.field)}`, params: {} };
  if (ORDERS.has(said.field)) return { code: `DUPLICATE_${upper(said.field)}_${said.level === 'SWAPPED' ? 'SWAPPED' : 'SAME'}`, params: {} };
  if (said.level === 'SHARED') {
    return said.holders == null ? { code: 'DUPLICATE_SHARED', params: {} } : { code: 'DUPLICATE_SHARED_BY', params: { customers: said.holders } };
  }
  if (said.level === 'EXACT' && said.share !== undefined) return { code: 'DUPLICATE_EXACT_ONE_IN', params: { customers: oneIn(said.share) } };
  return { code: said.field === 'birthDate' && said.level === 'SIMILAR' ? 'DUPLICATE_TWO_OF_THREE' : `DUPLICATE_${said.level}`, params: {} };
};

/** The steps in the order in which they were added up: the chance before, each field, and what the household guard took back. */
export const waterfallOf = (evidence: readonly Said[]): Step[] => {
  let sum = 0;
  return evidence.map((said) => {
    sum += said.bits;
    const level = 'level' in said ? said.level : null;
    const isField = level !== null && !ORDERS.has(said.field);
    const fieldCode = isField ? `DUPLICATE_FIELD_${upper(said.field)}` : null;
    return { field: upper(said.field), level, bits: said.bits, probability: probabilityOf(sum), fieldCode, ...sentence(said) };
  });
};
