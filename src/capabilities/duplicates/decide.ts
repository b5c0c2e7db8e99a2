import { v7 as uuid } from 'uuid';
import { DomainError } from '../../core/errors.ts';
import type { SqlTx } from '../../db/transact.ts';
import { marksOf, readNames } from './marks.ts';

interface Candidate {
  readonly oneId: string;
  readonly twoId: string;
  readonly weight: number;
}

const LOCK = 'select one_id::text as "oneId", two_id::text as "twoId", weight from duplicate_candidate where id = $1::text::uuid for update';

const SET = `
update duplicate_candidate set state = $2::text::duplicate_state, decided_by = $3::text, decided_at = $4::text::timestamptz, updated_at = $5::text::timestamptz
where id = $1::text::uuid`;

const FORGET = `delete from duplicate_decision where marks && array(select decode(mark, 'hex') from unnest($1::text[]) as mark)`;

const REMEMBER = `
insert into duplicate_decision (id, marks, state, weight, decided_by, decided_at)
values ($1::text::uuid, array(select decode(mark, 'hex') from unnest($2::text[]) as mark), $3::text::duplicate_state, $4::integer, $5::text, $6::text::timestamptz)`;

const lock = async ({ sql }: SqlTx, id: string): Promise<Candidate> => {
  const [candidate] = await sql<Candidate>(LOCK, [id]);
  if (!candidate) throw new DomainError('NOT_FOUND', ['id']);
  return candidate;
};

const marksOfPair = async ({ sql }: SqlTx, { oneId, twoId }: Candidate): Promise<string[]> => {
  const names = await readNames(sql, [oneId, twoId]);
  return marksOf(names.get(oneId) ?? [], names.get(twoId) ?? []);
};

/**
 * Says for ever whether two customers are one person: CONFIRMED, or DISMISSED, which is never suggested again, under whatever ids they come
 * back. The last word of staff counts. Confirming merges nothing. Refuses NOT_FOUND.
 */
export const decideCandidate = async (tx: SqlTx, id: string, state: 'DISMISSED' | 'CONFIRMED'): Promise<{ candidateId: string }> => {
  const candidate = await lock(tx, id);
  const marks = await marksOfPair(tx, candidate);
  const now = tx.now.toISOString();
  await tx.sql(FORGET, [marks]);
  await tx.sql(REMEMBER, [uuid(), marks, state, candidate.weight, tx.actor, now]);
  await tx.sql(SET, [id, state, tx.actor, now, now]);
  const type = state === 'DISMISSED' ? 'duplicate_candidate.dismissed' : 'duplicate_candidate.confirmed';
  tx.emit({ type, candidateId: id, customerOneId: candidate.oneId, customerTwoId: candidate.twoId });
  return { candidateId: id };
};

/** Takes a decision back: the pair is open as if nobody had looked at it. Refuses NOT_FOUND. */
export const reopenCandidate = async (tx: SqlTx, id: string): Promise<{ candidateId: string }> => {
  const candidate = await lock(tx, id);
  await tx.sql(FORGET, [await marksOfPair(tx, candidate)]);
  await tx.sql(SET, [id, 'OPEN', null, null, tx.now.toISOString()]);
  tx.emit({ type: 'duplicate_candidate.reopened', candidateId: id, customerOneId: candidate.oneId, customerTwoId: candidate.twoId });
  return { candidateId: id };
};
