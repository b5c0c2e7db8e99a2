import type { StoreCreditSystemEvent } from '../../db/generated/enums.ts';

/** What any movement may carry, as the ledger keeps it. */
export interface About {
  /** A code of the shop's own. */
  readonly reason?: string | null;
  /** For the customer to read. */
  readonly memo?: string | null;
  /** For staff only. */
  readonly note?: string | null;
  /** What it is in another system. */
  readonly reference?: string | null;
  readonly metadata?: Readonly<Record<string, string>> | null;
  /** The id of the order transaction that it belongs to. */
  readonly origin?: string | null;
}

/** Who asks, and how the request is recognised when it is sent again. */
export interface Why {
  readonly actor: string;
  /** The same scope and key give the same answer; another fingerprint is refused. */
  readonly idempotency: { readonly scope: string; readonly key: string; readonly fingerprint: string } | null;
}

interface Common extends About, Why {
  readonly event: StoreCreditSystemEvent;
  /** Whether the customer is written to about it; absent: as the shop's settings have it. */
  readonly notify?: boolean;
}

/** An account by its id, or by its owner and the movement's currency. */
interface OfAccount {
  readonly accountId: string | null;
  readonly customerId: string | null;
}

interface Amount {
  readonly currency: string;
  readonly amountMinor: bigint;
}

/** All that there is to move, or a part of it. */
interface AmountOrAll {
  readonly currency?: string;
  readonly amountMinor?: bigint;
}

/** Credit given or taken: what batches are made for. */
export interface PlainMovement extends Common, OfAccount, Amount {
  readonly kind: 'CREDIT' | 'DEBIT';
  /** The id of the account that a first credit opens; made up when absent. */
  readonly newAccountId?: string;
  readonly expiresAt?: Date | null;
  /** Credits only: they expire as the currency's rules have it. */
  readonly usesDefaultExpiry?: true;
  /** Credits only: a second person has agreed to it, or it is bounded otherwise. */
  readonly isApproved?: true;
  /** Payments of an order only: minor units of its total, as text. */
  readonly orderTotalMinor?: string;
}

interface HoldMovement extends Common, OfAccount, Amount {
  readonly kind: 'HOLD';
  readonly expiresAt: Date;
  readonly orderTotalMinor?: string;
}

interface CaptureMovement extends Common, AmountOrAll {
  readonly kind: 'CAPTURE';
  readonly holdId: string;
  readonly isFinal: boolean;
}

interface EndOfHold extends Common {
  /** TIME_OUT is refused NOT_DUE until the hold's moment. */
  readonly kind: 'RELEASE' | 'TIME_OUT';
  readonly holdId: string;
}

interface CorrectionMovement extends Common, AmountOrAll {
  readonly kind: 'DEBIT_REVERT' | 'CREDIT_REVERSAL';
  readonly transactionId: string;
  /** How long credit that has run out meanwhile lives on when it comes back. */
  readonly graceSeconds?: number;
}

interface ExpiryMovement extends Common {
  /** EXPIRATION is refused NOT_DUE until the credit's moment, and while a hold may spend it. */
  readonly kind: 'EXPIRATION' | 'EXPIRY_CHANGE';
  readonly transactionId: string;
  readonly expiresAt?: Date | null;
}

interface TransferMovement extends Common, OfAccount, AmountOrAll {
  readonly kind: 'TRANSFER';
  readonly currency: string;
  readonly toAccountId: string | null;
  readonly toCustomerId: string | null;
  readonly newAccountId?: string;
  /** The account is that of a profile that was merged away, and meant as it is: old ids otherwise mean the survivor's. */
  readonly fromClosed?: true;
}

/** One movement, as store_credit_post() takes it. */
export type Movement = PlainMovement | HoldMovement | CaptureMovement | EndOfHold | CorrectionMovement | ExpiryMovement | TransferMovement;

/** What a movement left of an account. */
interface Left {
  readonly accountId: string;
  readonly customerId: string;
  /** The account's version that the movement made. */
  readonly version: string;
  /** Absent in the answer to a key that was used before answers told it, as the next ones are. */
  readonly balanceMinor?: string;
  readonly availableMinor?: string;
  readonly heldMinor?: string;
  readonly number?: string;
  readonly createdAt?: string;
}

/** The answer to a movement that makes a transaction, or changes one's lot. */
export interface Posted extends Left {
  readonly transactionId: string;
  /** The hold that was captured. */
  readonly holdId?: string;
  /** The other account of a transfer, and the last credit on it. */
  readonly to?: Posted;
}

/** The answer to a movement of a hold that moves no money. */
export interface Held extends Left {
  readonly holdId: string;
}
