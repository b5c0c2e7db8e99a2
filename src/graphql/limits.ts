import type { ComplexityPluginOptions } from '@pothos/plugin-complexity';
import { ComplexityErrorKind } from '@pothos/plugin-complexity';
import { GraphQLError } from 'graphql';

/** What one document may ask. A page of 250 customers with everything about them fits; a page of pages of pages does not. */
export const DOCUMENT_LIMITS = { tokens: 2_000, depth: 14, aliases: 30, directives: 20, cost: 25_000 } as const;

export const PAGE_MAX = 250;
export const PAGE_DEFAULT = 50;
/** What a list without pages is taken to hold. */
const LIST_TYPICAL = 10;

/**
 * A connection costs as much as the page it asks for, so that `first: 250` of `first: 250` is refused before it runs. Its `edges` and
 * `nodes` are that page; another list is taken to hold a few.
 */
export const COST = {
  limit: { complexity: DOCUMENT_LIMITS.cost },
  defaultComplexity: 1,
  defaultListMultiplier: 1,
  fieldComplexity: (args: Record<string, unknown>, _context: unknown, { name, type }: { name: string; type: object }) => {
    const typename = String(type).replace(/!$/, '');
    if (typename.startsWith('[')) return { field: 1, multiplier: name === 'edges' || name === 'nodes' ? 1 : LIST_TYPICAL };
    if (!typename.endsWith('Connection')) return { field: 1, multiplier: 1 };
    const size = Number(args.first ?? args.last ?? PAGE_DEFAULT);
    return { field: 1, multiplier: Math.max(1, Math.min(size, 1_000)) };
  },
  complexityError: (kind, { complexity, maxComplexity }) =>
    kind === ComplexityErrorKind.Complexity
      ? new GraphQLError(`This operation costs ${complexity} points, more than ${maxComplexity}. Ask for smaller pages or fewer fields.`, {
          extensions: { code: 'MAX_COST_EXCEEDED', cost: complexity, maximum: maxComplexity },
        })
      : new GraphQLError('This operation asks for too much.', { extensions: { code: 'MAX_COST_EXCEEDED' } }),
} satisfies ComplexityPluginOptions<never>;
