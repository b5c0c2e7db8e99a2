import { DomainError } from '../../core/errors.ts';
import { momentOf } from '../../core/moment.ts';

/** A text that may be absent: trimmed, empty is null. Refuses TOO_LONG. */
export const optional = (value: string | null | undefined, path: readonly string[], max = 255): string | null => {
  const text = value?.trim() ?? '';
  if (text.length > max) throw new DomainError('TOO_LONG', path, { max });
  return text || null;
};

/** A text that must be there. Refuses BLANK, TOO_LONG. */
export const required = (value: string | null | undefined, path: readonly string[], max = 255): string => {
  const text = optional(value, path, max);
  if (!text) throw new DomainError('BLANK', path);
  return text;
};

/** A web address that may be absent. Refuses INVALID. */
export const webAddress = (value: string | null | undefined, path: readonly string[]): string | null => {
  const text = optional(value, path, 2_000);
  if (text === null) return null;
  if (!URL.canParse(text) || !['http:', 'https:'].includes(new URL(text).protocol)) throw new DomainError('INVALID', path);
  return text;
};

/** Refuses INVALID for a moment that no calendar keeps. */
export const moment = (value: Date, path: readonly string[]): Date => {
  const at = momentOf(value);
  if (!at) throw new DomainError('INVALID', path);
  return at;
};

/** Refuses TOO_MANY. */
export const few = <Item>(items: readonly Item[] | null | undefined, path: readonly string[], max: number): readonly Item[] => {
  if (items && items.length > max) throw new DomainError('TOO_MANY', path, { max });
  return items ?? [];
};
