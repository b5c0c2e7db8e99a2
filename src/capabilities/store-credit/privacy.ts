import type { PrivacyParticipant } from '../privacy/participant.ts';

const ABOUT = { memo: true, note: true, reason: true, reference: true, metadata: true, createdAt: true } as const;

/** Store credit: the ledger keeps its sums and moments for ever; the account is nobody's any more. */
export const storeCreditPrivacy: PrivacyParticipant = {
  name: 'store-credit',
  models: [
    'StoreCreditAccount',
    'StoreCreditTransaction',
    'StoreCreditLot',
    'StoreCreditAllocation',
    'StoreCreditHold',
    'StoreCreditChange',
    'StoreCreditRunOut',
    'StoreCreditTimedOut',
    'StoreCreditRefund',
    'StoreCreditCode',
    'StoreCreditCreditRequest',
    // Ids and amounts, as the ledger has them.
    'StoreCreditBulkIssueRow',
    'StoreCreditReminder',
  ],
  read: (tx, customerId) =>
    tx.db.storeCreditAccount.findMany({
      where: { customerId },
      select: {
        currency: true,
        balanceMinor: true,
        heldMinor: true,
        createdAt: true,
        transactions: {
          select: { number: true, kind: true, event: true, amountMinor: true, balanceAfterMinor: true, lotExpiresAt: true, origin: true, ...ABOUT },
          orderBy: { number: 'asc' },
        },
        holds: { select: { state: true, amountMinor: true, capturedMinor: true, expiresAt: true, ...ABOUT }, orderBy: { id: 'asc' } },
      },
      orderBy: { currency: 'asc' },
    }),
  // The books are immutable: staff are told to write no names into them. What is not yet in them goes.
  erase: async (tx, customerId) => {
    await tx.db.storeCreditCode.deleteMany({ where: { customerId, claimedAt: null } });
    await tx.db.storeCreditCode.updateMany({ where: { customerId }, data: { customerId: null, memo: null, note: null } });
    await tx.db.storeCreditCreditRequest.deleteMany({ where: { customerId } });
  },
};
