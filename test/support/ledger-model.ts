/**
 * The ledger as anyone would explain it, in memory: what it should answer and leave. It shares nothing with the gateway. Moments are
 * minutes, amounts plain numbers; a credit without expiry expires never.
 */

const NEVER = Number.POSITIVE_INFINITY;

export interface Lot {
  id: string;
  readonly account: number;
  remaining: number;
  expires: number;
}

interface Hold {
  readonly id: string;
  readonly account: number;
  readonly made: number;
  readonly expires: number;
  remaining: number;
  captured: number;
  state: 'ACTIVE' | 'CAPTURED' | 'RELEASED';
}

interface Spent {
  readonly lot: Lot;
  left: number;
}

interface Debit {
  readonly id: string;
  readonly spent: readonly Spent[];
  readonly isTransfer: boolean;
}

export class LedgerModel {
  now = 0;
  readonly lots: Lot[] = [];
  readonly holds: Hold[] = [];
  readonly debits: Debit[] = [];
  /** What can still be given back of the first account's order, and what codes are worth that nobody has claimed. */
  refundable = 50;
  readonly codes = [7, 11, 13];

  private isLive = (hold: Hold): boolean => hold.state === 'ACTIVE' && hold.expires > this.now;
  private lotsOf = (account: number): Lot[] => this.lots.filter((lot) => lot.account === account);

  balance = (account: number): number => this.lotsOf(account).reduce((sum, { remaining }) => sum + remaining, 0);

  held = (account: number): number =>
    this.holds.filter((hold) => hold.account === account && this.isLive(hold)).reduce((sum, { remaining }) => sum + remaining, 0);

  available = (account: number): number => {
    const unexpired = this.lotsOf(account).filter(({ expires }) => expires > this.now);
    return Math.max(0, unexpired.reduce((sum, { remaining }) => sum + remaining, 0) - this.held(account));
  };

  /** Soonest-expiring first, then the oldest. */
  private take(account: number, amount: number, liveAt: number): Spent[] {
    const spent: Spent[] = [];
    let rest = amount;
    const order = this.lotsOf(account).filter(({ expires }) => expires > liveAt);
    order.sort((a, b) => (a.expires === b.expires ? this.lots.indexOf(a) - this.lots.indexOf(b) : a.expires - b.expires));
    for (const lot of order) {
      const left = Math.min(rest, lot.remaining);
      if (left === 0) continue;
      lot.remaining -= left;
      rest -= left;
      spent.push({ lot, left });
    }
    if (rest > 0) throw new Error('A promise was broken: the money that was set aside is not there.');
    return spent;
  }

  credit(id: string, account: number, amount: number, lives: number | null): string {
    if (amount <= 0) return 'NEGATIVE_OR_ZERO_AMOUNT';
    if (lives !== null && lives <= 0) return 'EXPIRES_AT_IN_PAST';
    this.lots.push({ id, account, remaining: amount, expires: lives === null ? NEVER : this.now + lives });
    return 'ok';
  }

  refund(id: string, amount: number): string {
    if (amount <= 0) return 'NEGATIVE_OR_ZERO_AMOUNT';
    if (amount > this.refundable) return 'REFUND_EXCEEDS_PAID';
    this.refundable -= amount;
    return this.credit(id, 0, amount, null);
  }

  claim(id: string, account: number, code: number): string {
    const worth = this.codes[code] ?? 0;
    this.codes[code] = 0;
    return worth === 0 ? 'CODE_CLAIMED' : this.credit(id, account, worth, null);
  }

  debit(id: string, account: number, amount: number): string {
    if (amount <= 0) return 'NEGATIVE_OR_ZERO_AMOUNT';
    if (amount > this.available(account)) return 'INSUFFICIENT_FUNDS';
    this.debits.push({ id, spent: this.take(account, amount, this.now), isTransfer: false });
    return 'ok';
  }

  hold(id: string, account: number, amount: number, lives: number): string {
    if (amount <= 0) return 'NEGATIVE_OR_ZERO_AMOUNT';
    if (lives <= 0) return 'EXPIRES_AT_IN_PAST';
    if (amount > this.available(account)) return 'INSUFFICIENT_FUNDS';
    this.holds.push({ id, account, made: this.now, expires: this.now + lives, remaining: amount, captured: 0, state: 'ACTIVE' });
    return 'ok';
  }

  private ended = (hold: Hold): string | null => {
    if (hold.state !== 'ACTIVE') return 'HOLD_ENDED';
    return this.isLive(hold) ? null : 'HOLD_EXPIRED';
  };

  capture(id: string, hold: Hold, asked: number | null, isFinal: boolean): string {
    const amount = asked ?? hold.remaining;
    const ended = this.ended(hold);
    if (ended) return ended;
    if (amount <= 0) return 'NEGATIVE_OR_ZERO_AMOUNT';
    if (amount > hold.remaining) return 'AMOUNT_EXCEEDS_HOLD';
    this.debits.push({ id, spent: this.take(hold.account, amount, hold.made), isTransfer: false });
    hold.captured += amount;
    hold.remaining = isFinal ? 0 : hold.remaining - amount;
    if (hold.remaining === 0) hold.state = 'CAPTURED';
    return 'ok';
  }

  release(hold: Hold): string {
    const ended = this.ended(hold);
    if (ended) return ended;
    hold.remaining = 0;
    hold.state = 'RELEASED';
    return 'ok';
  }

  timeOut = (hold: Hold): string => (hold.state === 'ACTIVE' && !this.isLive(hold) ? 'ok' : 'NOT_DUE');

  revert({ spent, isTransfer }: Debit, asked: number | null, grace: number): string {
    const most = spent.reduce((sum, { left }) => sum + left, 0);
    if (isTransfer) return 'TRANSFER_NOT_REVERTIBLE';
    if (asked !== null && asked <= 0) return 'NEGATIVE_OR_ZERO_AMOUNT';
    if (most === 0) return 'DEBIT_ALREADY_REVERTED';
    if ((asked ?? most) > most) return 'AMOUNT_EXCEEDS_DEBIT';
    let rest = asked ?? most;
    const latestFirst = [...spent].sort((a, b) =>
      a.lot.expires === b.lot.expires ? this.lots.indexOf(b.lot) - this.lots.indexOf(a.lot) : b.lot.expires - a.lot.expires,
    );
    for (const part of latestFirst) {
      const back = Math.min(rest, part.left);
      if (back === 0) continue;
      part.left -= back;
      part.lot.remaining += back;
      rest -= back;
      if (grace > 0 && part.lot.expires <= this.now) part.lot.expires = this.now + grace;
    }
    return 'ok';
  }

  reverse(id: string, lot: Lot, asked: number | null): string {
    const amount = asked ?? lot.remaining;
    if (asked !== null && asked <= 0) return 'NEGATIVE_OR_ZERO_AMOUNT';
    if (lot.remaining === 0) return 'CREDIT_USED_UP';
    if (lot.expires <= this.now) return 'CREDIT_EXPIRED';
    if (amount > lot.remaining) return 'AMOUNT_EXCEEDS_CREDIT';
    if (amount > this.available(lot.account)) return 'INSUFFICIENT_FUNDS';
    lot.remaining -= amount;
    this.debits.push({ id, spent: [{ lot, left: amount }], isTransfer: false });
    return 'ok';
  }

  expire(lot: Lot): string {
    const isWaiting = this.holds.some((hold) => hold.account === lot.account && this.isLive(hold) && hold.made < lot.expires);
    if (lot.remaining === 0 || lot.expires > this.now || isWaiting) return 'NOT_DUE';
    lot.remaining = 0;
    return 'ok';
  }

  move(lot: Lot, lives: number | null): string {
    const expires = lives === null ? NEVER : this.now + lives;
    if (lot.remaining === 0) return 'CREDIT_USED_UP';
    if (lot.expires <= this.now) return 'CREDIT_EXPIRED';
    if (expires <= this.now) return 'EXPIRES_AT_IN_PAST';
    if (expires === lot.expires) return 'EXPIRES_AT_UNCHANGED';
    lot.expires = expires;
    return 'ok';
  }

  /** The lots that come to be on the other account have no id yet. */
  transfer(id: string, from: number, asked: number | null): string {
    const amount = asked ?? this.available(from);
    if (asked !== null && asked <= 0) return 'NEGATIVE_OR_ZERO_AMOUNT';
    if (amount > this.available(from) || amount === 0) return 'INSUFFICIENT_FUNDS';
    const spent = this.take(from, amount, this.now);
    this.debits.push({ id, spent, isTransfer: true });
    for (const { lot, left } of spent) this.lots.push({ id: '', account: 1 - from, remaining: left, expires: lot.expires });
    return 'ok';
  }
}
