import { DomainError } from './errors.ts';

/*
 * Shopify's search syntax: `field:value` with `> >= < <=`, quotes, a star at the end for a beginning, AND (which may be left out) before OR,
 * NOT or a minus in front, parentheses, and free words.
 */

type Comparator = '' | '>' | '>=' | '<' | '<=';

export interface Term {
  /** Null for a free word. */
  readonly field: string | null;
  readonly comparator: Comparator;
  readonly value: string;
  readonly isQuoted: boolean;
  /** Whether it ended in a star: the value is how it begins. */
  readonly isPrefix: boolean;
  /** As it was written, for telling what is wrong. */
  readonly text: string;
}

const QUERY_CHARACTERS_MAX = 500;
const TERMS_MAX = 20;
const DEPTH_MAX = 5;

const TOKEN = /\s*(?:([()])|(-)?(?:([A-Za-z_][\w.-]*):)?(>=|<=|>|<)?(?:"([^"]*)"|'([^']*)'|([^\s()"']+))|(\S))/gy;

type Token = { readonly kind: '(' | ')' | 'AND' | 'OR' | 'NOT' | '-' | 'stray'; readonly text: string } | ({ readonly kind: 'term' } & Term);

const tokensOf = (query: string): Token[] => {
  const tokens: Token[] = [];
  for (const match of query.matchAll(TOKEN)) {
    const [whole, bracket, minus, field, comparator, double, single, bare, stray] = match;
    const text = whole.trim();
    if (bracket) tokens.push({ kind: bracket as '(' | ')', text });
    else if (stray) tokens.push({ kind: 'stray', text });
    else if (bare === '-' && !field && !comparator) tokens.push({ kind: '-', text });
    else if (!minus && !field && !comparator && bare && ['AND', 'OR', 'NOT'].includes(bare)) tokens.push({ kind: bare as 'AND', text });
    else {
      if (minus) tokens.push({ kind: '-', text: '-' });
      const value = (double ?? single ?? bare ?? '').replaceAll('\0', '');
      const isPrefix = bare !== undefined && value.length > 1 && value.endsWith('*');
      tokens.push({
        kind: 'term',
        field: field?.toLowerCase() ?? null,
        comparator: (comparator ?? '') as Comparator,
        value: isPrefix ? value.slice(0, -1) : value,
        isQuoted: bare === undefined,
        isPrefix,
        text: minus ? text.slice(1) : text,
      });
    }
  }
  return tokens;
};

/** A text as itself in a pattern of LIKE, where a percent sign and an underscore stand for others and a backslash for none. */
export const literally = (text: string): string => text.replace(/[\\%_]/g, '\\$&');

/** A refusal that names the word at fault. */
export const wrongWord = (word: string): DomainError => new DomainError('INVALID', ['query'], { detail: 'INVALID_FILTER', word });

/** Joins conditions as Prisma does. */
type Condition<Where> = Where | { AND: Condition<Where>[] } | { OR: Condition<Where>[] } | { NOT: Condition<Where> };

class Parser<Where> {
  #at = 0;
  #terms = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly condition: (term: Term, isNegated: boolean) => Where,
  ) {}

  whole(): Condition<Where>[] {
    const found = this.#any(0, false);
    const left = this.tokens[this.#at];
    if (left) throw wrongWord(left.text);
    return found;
  }

  /** The alternatives; one of them alone is its conditions. */
  #any(depth: number, isNegated: boolean): Condition<Where>[] {
    const alternatives = [this.#all(depth, isNegated)];
    while (this.#take('OR')) alternatives.push(this.#all(depth, isNegated));
    return alternatives.length === 1 ? (alternatives[0] as Condition<Where>[]) : [{ OR: alternatives.map((all) => ({ AND: all })) }];
  }

  #all(depth: number, isNegated: boolean): Condition<Where>[] {
    const conditions: Condition<Where>[] = [];
    for (;;) {
      while (this.#take('AND'));
      const next = this.tokens[this.#at];
      if (!next || next.kind === 'OR' || next.kind === ')') break;
      conditions.push(this.#one(depth, isNegated));
    }
    return conditions;
  }

  #one(depth: number, isNegated: boolean): Condition<Where> {
    if (depth > DEPTH_MAX) throw new DomainError('TOO_MANY', ['query'], { max: DEPTH_MAX });
    const token = this.tokens[this.#at] as Token;
    this.#at += 1;
    if (token.kind === 'term') {
      this.#terms += 1;
      if (this.#terms > TERMS_MAX) throw new DomainError('TOO_MANY', ['query'], { max: TERMS_MAX });
      return this.condition(token, isNegated);
    }
    if (token.kind === 'NOT' || token.kind === '-') {
      if (!this.tokens[this.#at] || this.tokens[this.#at]?.kind === ')') throw wrongWord(token.text);
      return { NOT: this.#one(depth + 1, true) };
    }
    if (token.kind !== '(') throw wrongWord(token.text);
    const inner = this.#any(depth + 1, isNegated);
    if (!this.#take(')')) throw wrongWord('(');
    return inner.length === 1 ? (inner[0] as Condition<Where>) : { AND: inner };
  }

  #take(kind: Token['kind']): boolean {
    if (this.tokens[this.#at]?.kind !== kind) return false;
    this.#at += 1;
    return true;
  }
}

/** What a term asks; `isNegated` within any NOT, where a condition may say neither more nor less. */
type Asks<Where> = (term: Term, isNegated: boolean) => Where;

/**
 * The conditions that a search means, joined by AND. `filters` say what each field asks, `free` what a word without field does, and `named`
 * what a field asks whose name is made of others; null for none.
 * Refuses TOO_LONG, TOO_MANY, and INVALID naming the word that is not understood.
 */
export const searchConditions = <Where>(
  query: string | null | undefined,
  filters: Readonly<Record<string, Asks<Where>>>,
  free: Asks<Where>,
  named: (term: Term) => Where | null = () => null,
): { AND: Where[] } => {
  const text = query?.trim() ?? '';
  if (text.length > QUERY_CHARACTERS_MAX) throw new DomainError('TOO_LONG', ['query'], { max: QUERY_CHARACTERS_MAX });
  const condition = (term: Term, isNegated: boolean): Where => {
    if (term.field === null) return free(term, isNegated);
    const filter = Object.hasOwn(filters, term.field) ? filters[term.field] : undefined;
    const found = filter ? filter(term, isNegated) : named(term);
    if (!found) throw wrongWord(term.text);
    return found;
  };
  return { AND: new Parser(tokensOf(text), condition).whole() as Where[] };
};
