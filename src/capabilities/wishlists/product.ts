import { DomainError } from '../../core/errors.ts';
import { plainText } from '../customers/profile.ts';
import { optional, required, webAddress } from '../orders/text.ts';

/** A product as a storefront tells of it: enough to show it again without asking the shop. */
export interface ProductInput {
  /** The shop's own ids. */
  readonly productId: string;
  readonly variantId?: string | null;
  readonly title: string;
  readonly imageUrl?: string | null;
  readonly url?: string | null;
}

/** A product's columns, checked. Refuses BLANK, TOO_LONG, INVALID for an address that is none, and CONTAINS_HTML_TAGS in the title. */
export const checkProduct = (input: ProductInput, path: readonly string[]) => {
  const at = (field: string): readonly string[] => [...path, field];
  const title = titleOf(input.title, at('title'));
  return {
    productId: required(input.productId, at('productId')),
    variantId: optional(input.variantId, at('variantId')) ?? '',
    title,
    imageUrl: webAddress(input.imageUrl, at('imageUrl')),
    url: webAddress(input.url, at('url')),
  };
};

/** Titles of products may hold what names may not: a web address is one of some brands. */
const titleOf = (text: string, path: readonly string[]): string => {
  const title = required(text, path);
  try {
    plainText(title, path);
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'CONTAINS_URL') throw error;
  }
  return title;
};
