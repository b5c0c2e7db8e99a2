-- What movements may be about. A migration of their own: nothing may use an enum's value in the transaction that adds it.
ALTER TYPE "store_credit_system_event" ADD VALUE 'MERGE';
ALTER TYPE "store_credit_system_event" ADD VALUE 'TRANSFER';
ALTER TYPE "store_credit_system_event" ADD VALUE 'REVERSAL';
ALTER TYPE "store_credit_system_event" ADD VALUE 'REFERRAL';
ALTER TYPE "store_credit_system_event" ADD VALUE 'LOYALTY';
ALTER TYPE "store_credit_system_event" ADD VALUE 'GOODWILL';
ALTER TYPE "store_credit_system_event" ADD VALUE 'PROMOTION';
ALTER TYPE "store_credit_system_event" ADD VALUE 'OPENING_BALANCE';
