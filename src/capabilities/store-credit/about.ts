import { DomainError } from '../../core/errors.ts';
import type { StoreCreditSystemEvent } from '../../db/generated/enums.ts';
import type { About } from './movement.ts';

/** Shopify's limit on a staff note, in characters; the others are ours. */
const CHARACTERS_MAX = { note: 5000, memo: 500, reference: 255, origin: 255 } as const;

/** A reason is a code, not a sentence: letters, digits, `_`, `-`, `.` and `:`. */
const REASON = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/;

const METADATA_ENTRIES_MAX = 20;
const METADATA_KEY_CHARACTERS_MAX = 40;
const METADATA_VALUE_CHARACTERS_MAX = 250;

// PostgreSQL keeps no such character.
const hasNull = (text: string): boolean => text.includes('\u0000');

const checkText = (name: keyof typeof CHARACTERS_MAX, text: string, field: readonly string[]): void => {
  const max = CHARACTERS_MAX[name];
  if (hasNull(text)) throw new DomainError('INVALID', field);
  if ([...text].length > max) throw new DomainError(name === 'note' ? 'NOTE_TOO_LONG' : 'TOO_LONG', field, { max });
};

const checkMetadata = (metadata: Readonly<Record<string, string>>, field: readonly string[]): void => {
  const entries = Object.entries(metadata);
  if (entries.length > METADATA_ENTRIES_MAX) throw new DomainError('TOO_MANY', field, { max: METADATA_ENTRIES_MAX });
  for (const [key, value] of entries) {
    if (key === '' || hasNull(key + value)) throw new DomainError('INVALID', field);
    if ([...key].length > METADATA_KEY_CHARACTERS_MAX) throw new DomainError('TOO_LONG', field, { max: METADATA_KEY_CHARACTERS_MAX });
    if ([...value].length > METADATA_VALUE_CHARACTERS_MAX) throw new DomainError('TOO_LONG', field, { max: METADATA_VALUE_CHARACTERS_MAX });
  }
};

/** What a movement carries, checked; `input` names the argument that it came in. Refuses NOTE_TOO_LONG, TOO_LONG, TOO_MANY and INVALID. */
export const aboutOf = ({ reason, memo, note, reference, metadata, origin }: About, input: string): About => {
  const texts = { note, memo, reference, origin };
  for (const [name, text] of Object.entries(texts))
    if (text) checkText(name as keyof typeof texts, text, [input, name === 'origin' ? 'originId' : name]);
  if (reason && !REASON.test(reason)) throw new DomainError('INVALID', [input, 'reason']);
  if (metadata) checkMetadata(metadata, [input, 'metadata']);
  const given = { reason, memo, note, reference, origin, metadata: metadata && Object.keys(metadata).length > 0 ? metadata : null };
  // What says nothing is not sent: most movements carry nothing.
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null && value !== undefined && value !== ''));
};

/** Events by which reports and merges know the ledger's own movements. */
const OWN_EVENTS: readonly StoreCreditSystemEvent[] = ['MERGE', 'TRANSFER'];

/** Why somebody moves credit; `ADJUSTMENT` when nothing was said. Refuses INVALID for what only a merge or a transfer may say of itself. */
export const eventOf = (event: StoreCreditSystemEvent | null | undefined, input: string): StoreCreditSystemEvent => {
  if (event && OWN_EVENTS.includes(event)) throw new DomainError('INVALID', [input, 'event']);
  return event ?? 'ADJUSTMENT';
};
