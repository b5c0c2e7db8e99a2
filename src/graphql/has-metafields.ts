import { builder } from './builder.ts';

/** Whoever can have metafields. Customers implement it, and metafields give it its fields; it stands here so that neither imports the other. */
export const HasMetafields = builder.prismaInterface('Customer', {
  variant: 'HasMetafields',
  description: 'Whoever can have metafields.',
  select: { id: true },
  resolveType: () => 'Customer',
});
