import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { type CreditInUndo, creditInUndo } from '../store-credit/merge.ts';
import { PROFILE, type Profile, versionOf } from './fields.ts';
import { type Column, isSameValue, type Journal, type Row, rowOf } from './journal.ts';
import type { Drop, Parties } from './participant.ts';

/** Columns that make one field: they are restored together or not at all. */
const FIELDS = {
  firstName: ['firstName'],
  lastName: ['lastName'],
  email: ['email', 'emailVerifiedAt'],
  phone: ['phone', 'phoneVerifiedAt'],
  locale: ['locale'],
  birthDate: ['birthDate'],
  note: ['note'],
  tags: ['tags'],
  vatId: ['vatId'],
  taxExempt: ['taxExempt'],
  taxExemptions: ['taxExemptions'],
  dataSaleOptOut: ['dataSaleOptOutAt'],
  state: ['state'],
  defaultAddress: ['defaultAddressId'],
} as const satisfies Record<string, readonly Column[]>;

export type Field = keyof typeof FIELDS;
export const FIELD_NAMES = Object.keys(FIELDS) as Field[];

/** What is done about a conflict: what is there now stays, or what was there before the merge comes back. */
type Resolution = 'KEEP_NOW' | 'RESTORE';

export interface Choice {
  readonly customerId: string;
  readonly field: string;
  readonly resolution: Resolution;
}

/** A field that the merge has changed and somebody else since: three values, and nobody guesses. */
export interface Conflict {
  readonly customerId: string;
  readonly field: Field;
  readonly before: unknown;
  readonly merged: unknown;
  readonly now: unknown;
  /** What can be chosen. */
  readonly options: readonly Resolution[];
  readonly chosen: Resolution | null;
}

export interface UndoPlan {
  readonly parties: Parties;
  readonly journal: Journal;
  readonly conflicts: readonly Conflict[];
  /** What each row becomes, as far as its conflicts are decided. */
  readonly kept: Partial<Row>;
  readonly closed: Partial<Row>;
  /** Rows that were moved and stay with the survivor. */
  readonly staying: ReadonlySet<string>;
  readonly credit: readonly CreditInUndo[];
  readonly notes: readonly Drop[];
  readonly version: string;
}

interface Decided {
  readonly value: Partial<Row>;
  readonly conflict: Conflict | null;
}

const partOf = (row: Row, field: Field): Partial<Row> => Object.fromEntries(FIELDS[field].map((name) => [name, row[name]]));

/** Tags since: what was added stays, what was taken away stays away. */
const tagsOf = (before: unknown, merged: unknown, now: unknown): string[] => {
  const [were, had, have] = [before, merged, now] as [string[], string[], string[]];
  const added = have.filter((tag) => !had.includes(tag));
  return [...were.filter((tag) => have.includes(tag) || !had.includes(tag)), ...added.filter((tag) => !were.includes(tag))];
};

/** Before, merged, now: what the field becomes on the survivor's row. */
const decide = (customerId: string, field: Field, rows: readonly [Row, Row, Row], chosen: Resolution | null): Decided => {
  const [before, merged, now] = rows.map((row) => partOf(row, field)) as [Partial<Row>, Partial<Row>, Partial<Row>];
  if (isSameValue(now, merged)) return { value: before, conflict: null };
  if (isSameValue(before, merged) || isSameValue(before, now)) return { value: now, conflict: null };
  if (field === 'tags') return { value: { tags: tagsOf(before.tags, merged.tags, now.tags) }, conflict: null };
  const [column] = FIELDS[field];
  return {
    value: chosen === 'RESTORE' ? before : now,
    conflict: { customerId, field, before: before[column], merged: merged[column], now: now[column], options: ['KEEP_NOW', 'RESTORE'], chosen },
  };
};

/** Chooses, and refuses a choice that is about nothing. */
const chosenOf = (choices: readonly Choice[], customerId: string, field: Field): Resolution | null =>
  choices.find((choice) => choice.customerId === customerId && choice.field === field)?.resolution ?? null;

interface Facts {
  readonly parties: Parties;
  readonly journal: Journal;
  readonly now: Row;
  readonly choices: readonly Choice[];
  /** Moved addresses that are still the survivor's. */
  readonly addresses: ReadonlySet<string>;
}

/** The survivor's default address, when it is one that would go back: it can be hers or go, and not both. */
const decideDefault = ({ parties: { keptId }, journal, now, choices, addresses }: Facts): Decided & { readonly stays: string | null } => {
  const [before, merged] = [journal.kept.before, journal.kept.after];
  const chosen = chosenOf(choices, keptId, 'defaultAddress');
  const current = now.defaultAddressId as string | null;
  if (current === null || current === merged.defaultAddressId || !addresses.has(current))
    return { ...decide(keptId, 'defaultAddress', [before, merged, now], chosen), stays: null };
  return {
    value: { defaultAddressId: chosen === 'RESTORE' ? before.defaultAddressId : current },
    stays: chosen === 'KEEP_NOW' ? current : null,
    conflict: {
      customerId: keptId,
      field: 'defaultAddress',
      before: before.defaultAddressId,
      merged: merged.defaultAddressId,
      now: current,
      options: ['KEEP_NOW', 'RESTORE'],
      chosen,
    },
  };
};

/**
 * What is one customer's alone goes back to a row unless somebody else has it by now: then the row goes without, when the caller agrees.
 * `others` are the columns that the other row of the two gets.
 */
const decideUnique = async (tx: Tx, facts: Facts, customerId: string, row: Partial<Row>, others: Partial<Row>): Promise<Restored> => {
  const { parties, journal, now, choices } = facts;
  const value: Record<string, unknown> = { ...row };
  const conflicts: Conflict[] = [];
  const isKept = customerId === parties.keptId;
  for (const field of ['email', 'phone'] as const) {
    const wanted = (row[field] ?? null) as string | null;
    if (wanted === null) continue;
    const where = { [field]: wanted, id: { notIn: [parties.keptId, parties.closedId] } };
    if (wanted !== others[field] && !(await tx.db.customer.findFirst({ where, select: { id: true } }))) continue;
    const chosen = chosenOf(choices, customerId, field);
    conflicts.push({
      customerId,
      field,
      before: wanted,
      merged: journal[isKept ? 'kept' : 'closed'].after[field],
      now: isKept ? now[field] : null,
      options: ['KEEP_NOW'],
      chosen: chosen === 'KEEP_NOW' ? chosen : null,
    });
    for (const column of FIELDS[field]) value[column] = null;
  }
  return { value: value as Partial<Row>, conflicts };
};

interface Restored {
  readonly value: Partial<Row>;
  readonly conflicts: readonly Conflict[];
}

const SINCE = `
select (select count(*)::int from "order" o where o.customer_id = $1::text::uuid and o.created_at > m.created_at and not o.id::text = any($3::text[])) as orders,
  (select count(*)::int from passkey p where p.customer_id = $1::text::uuid and p.created_at > m.created_at) as passkeys,
  (select count(*)::int from identity_provider_subject i where i.customer_id = $1::text::uuid and i.created_at > m.created_at) as subjects,
  (select count(*)::int from address a where a.customer_id = $1::text::uuid and a.created_at > m.created_at) as addresses,
  (select count(*)::int from session s where s.customer_id = $1::text::uuid and s.created_at >= m.created_at and s.revoked_at is null) as sessions
from customer_merge m where m.id = $2::text::uuid`;

/** What came since and stays with the survivor, and who is signed out. */
const notesOf = async (tx: Tx, { keptId, mergeId }: Parties, journal: Journal): Promise<Drop[]> => {
  const [since] = await tx.sql<Record<string, number>>(SINCE, [keptId, mergeId, journal.moved.orders ?? []]);
  const { sessions = 0, ...rows } = since ?? {};
  const note = (code: string, kind: string, count: number): Drop[] => (count > 0 ? [{ code, params: { kind, count } }] : []);
  return [
    ...Object.entries(rows).flatMap(([kind, count]) => note('MERGE_UNDO_LEAVES_NEW', kind, count)),
    ...note('MERGE_UNDO_ENDS_SESSIONS', 'sessions', sessions),
  ];
};

const existing = async (tx: Tx, id: unknown): Promise<string | null> =>
  typeof id === 'string' && (await tx.db.address.findUnique({ where: { id }, select: { id: true } })) ? id : null;

/** What of the moved addresses is still in the survivor's book. */
const addressesLeft = async (tx: Tx, { keptId }: Parties, { moved }: Journal): Promise<Set<string>> => {
  const rows = await tx.db.address.findMany({ where: { customerId: keptId, id: { in: [...(moved.addresses ?? [])] } }, select: { id: true } });
  return new Set(rows.map(({ id }) => id));
};

/** The merge, as far as it can be undone now. Refuses MERGE_NOT_FOUND, MERGE_UNDONE, UNDO_LATER_MERGE_FIRST, UNDO_WINDOW_OVER. */
export const undoable = async (tx: Tx, mergeId: string) => {
  const merge = await tx.db.customerMerge.findUnique({ where: { id: mergeId } });
  if (!merge) throw new DomainError('MERGE_NOT_FOUND', ['mergeId']);
  if (merge.state === 'UNDONE') throw new DomainError('MERGE_UNDONE', ['mergeId']);
  const later = await tx.db.customerMerge.findFirst({ where: { closedId: merge.keptId, state: 'COMPLETED' }, select: { id: true } });
  if (later) throw new DomainError('UNDO_LATER_MERGE_FIRST', ['mergeId'], { mergeId: `gid://clientele/CustomerMerge/${later.id}` });
  if (merge.undoUntil < tx.now) throw new DomainError('UNDO_WINDOW_OVER', ['mergeId'], { until: merge.undoUntil.toISOString() });
  return merge;
};

const checkChoices = (choices: readonly Choice[], conflicts: readonly Conflict[]): void => {
  for (const [place, { customerId, field, resolution }] of choices.entries()) {
    const conflict = conflicts.find((candidate) => candidate.customerId === customerId && candidate.field === field);
    if (!conflict?.options.includes(resolution)) throw new DomainError('CHOICE_INVALID', ['choices', String(place)]);
  }
};

/**
 * Says what undoing a merge would do: of each field before, merged and now are compared, so that what was changed since stays and what the
 * merge changed goes back. Refuses what `undoable` does, INVALID_CUSTOMER when the survivor is gone, CHOICE_INVALID.
 */
export const planUndo = async (tx: Tx, mergeId: string, choices: readonly Choice[]): Promise<UndoPlan> => {
  const merge = await undoable(tx, mergeId);
  const journal = merge.journal as unknown as Journal;
  const parties: Parties = { mergeId, keptId: merge.keptId, closedId: merge.closedId, keepsSignIn: journal.keepsSignIn };
  const profile = await tx.db.customer.findFirst({ where: { id: parties.keptId, deletedAt: null }, select: PROFILE });
  if (!profile) throw new DomainError('INVALID_CUSTOMER', ['mergeId'], { detail: 'MERGE_CUSTOMER_DELETED' });
  const now = rowOf(profile as Profile);
  const facts: Facts = { parties, journal, now, choices, addresses: await addressesLeft(tx, parties, journal) };
  const decided = FIELD_NAMES.filter((field) => field !== 'defaultAddress').map((field) =>
    decide(parties.keptId, field, [journal.kept.before, journal.kept.after, now], chosenOf(choices, parties.keptId, field)),
  );
  const address = decideDefault(facts);
  const own = Object.assign({}, ...decided.map(({ value }) => value), address.value) as Partial<Row>;
  const { value: kept, conflicts: missed } = await decideUnique(tx, facts, parties.keptId, own, {});
  const closed = await decideUnique(tx, facts, parties.closedId, journal.closed.before, kept);
  const conflicts = [...[...decided, address].flatMap(({ conflict }) => conflict ?? []), ...missed, ...closed.conflicts];
  checkChoices(choices, conflicts);
  const staying = new Set(address.stays ? [address.stays] : []);
  const returned = await existing(tx, journal.closed.before.defaultAddressId);
  const credit = await creditInUndo(tx, parties);
  const notes = await notesOf(tx, parties, journal);
  return {
    parties,
    journal,
    conflicts,
    kept: { ...kept, defaultAddressId: await existing(tx, kept.defaultAddressId) },
    closed: { ...closed.value, defaultAddressId: returned && !staying.has(returned) ? returned : null },
    staying,
    credit,
    notes,
    version: versionOf([now, conflicts.map(({ chosen: _chosen, ...conflict }) => conflict), [...facts.addresses].sort(), credit, notes]),
  };
};
