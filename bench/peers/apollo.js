// Apollo Server with resolvers that each ask for what they need, over the same Prisma client.
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { PrismaPg } from '@prisma/adapter-pg';
import { formatAmount } from '../../dist/core/money.js';
import { PrismaClient } from '../../dist/db/generated/client.js';

const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: process.env.DATABASE_URL }) });

const typeDefs = `
  type Query { customer(id: ID!): Customer customers(first: Int!, after: String): CustomerConnection! }
  type CustomerConnection { nodes: [Customer!]! }
  type Customer {
    id: ID! firstName: String lastName: String emailAddress: EmailAddress
    addresses(first: Int!): AddressConnection! storeCreditAccounts(first: Int!): AccountConnection!
  }
  type EmailAddress { emailAddress: String! }
  type AddressConnection { nodes: [Address!]! }
  type Address { id: ID! address1: String city: String zip: String territoryCode: String }
  type AccountConnection { nodes: [Account!]! }
  type Account { id: ID! balance: Money! available: Money! version: String! transactions(first: Int!, reverse: Boolean = false): TransactionConnection! }
  type TransactionConnection { nodes: [Transaction!]! }
  type Transaction { id: ID! amount: Money! balanceAfterTransaction: Money! createdAt: String! }
  type Money { amount: String! currencyCode: String! }
`;

const gid = (typename, id) => `gid://clientele/${typename}/${id}`;
const money = (amountMinor, currencyCode) => ({ amount: formatAmount(amountMinor, currencyCode), currencyCode });
const KINDS = { CREDIT: 'Credit', DEBIT: 'Debit', DEBIT_REVERT: 'DebitRevert', EXPIRATION: 'Expiration' };

const resolvers = {
  Query: {
    customer: (_root, { id }) => prisma.customer.findFirst({ where: { id: id.split('/').at(-1), deletedAt: null } }),
    customers: (_root, { first, after }) => {
      const cursor = after ? Buffer.from(after, 'base64').toString().slice('GPC:S:'.length) : null;
      return prisma.customer
        .findMany({ where: { deletedAt: null, ...(cursor ? { id: { gt: cursor } } : {}) }, orderBy: { id: 'asc' }, take: first })
        .then((nodes) => ({ nodes }));
    },
  },
  Customer: {
    id: ({ id }) => gid('Customer', id),
    emailAddress: ({ email }) => (email ? { emailAddress: email } : null),
    addresses: async ({ id }, { first }) => ({
      nodes: await prisma.address.findMany({ where: { customerId: id }, orderBy: { id: 'asc' }, take: first }),
    }),
    storeCreditAccounts: async ({ id }, { first }) => ({
      nodes: await prisma.storeCreditAccount.findMany({ where: { customerId: id }, orderBy: { id: 'asc' }, take: first }),
    }),
  },
  Address: { id: ({ id }) => gid('CustomerAddress', id) },
  Account: {
    id: ({ id }) => gid('StoreCreditAccount', id),
    balance: ({ balanceMinor, currency }) => money(balanceMinor, currency),
    available: async ({ id, heldMinor, currency }) => {
      const open = { accountId: id, isOpen: true, OR: [{ expiresAt: null }, { expiresAt: { gt: new Date() } }] };
      const { _sum } = await prisma.storeCreditLot.aggregate({ where: open, _sum: { remainingMinor: true } });
      const free = (_sum.remainingMinor ?? 0n) - heldMinor;
      return money(free > 0n ? free : 0n, currency);
    },
    version: ({ version }) => version.toString(),
    transactions: async ({ id }, { first, reverse }) => ({
      nodes: await prisma.storeCreditTransaction.findMany({ where: { accountId: id }, orderBy: { number: reverse ? 'desc' : 'asc' }, take: first }),
    }),
  },
  Transaction: {
    id: ({ id, kind }) => gid(`StoreCreditAccount${KINDS[kind]}Transaction`, id),
    amount: ({ amountMinor, currency }) => money(amountMinor, currency),
    balanceAfterTransaction: ({ balanceAfterMinor, currency }) => money(balanceAfterMinor, currency),
    createdAt: ({ createdAt }) => createdAt.toISOString(),
  },
};

await startStandaloneServer(new ApolloServer({ typeDefs, resolvers }), { listen: { host: '127.0.0.1', port: Number(process.env.PORT) } });
process.once('SIGTERM', () => process.exit(0));
