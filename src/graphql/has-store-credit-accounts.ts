import { builder } from './builder.ts';

/** Whoever can own store credit accounts. Customers implement it, and the ledger gives it its field; it stands here so that neither imports the other. */
export const HasStoreCreditAccounts = builder.prismaInterface('Customer', {
  variant: 'HasStoreCreditAccounts',
  description: 'Whoever can hold store credit.',
  select: { id: true },
  resolveType: () => 'Customer',
});
