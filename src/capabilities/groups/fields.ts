import { DomainError } from '../../core/errors.ts';
import { plainText } from '../customers/profile.ts';

/** What a group is written from: absent leaves as it is, null empties. */
export interface GroupInput {
  readonly name?: string | null;
  readonly description?: string | null;
  readonly discountReference?: string | null;
}

const DESCRIPTION_CHARACTERS_MAX = 1_000;

/** Names are the same whatever their case. */
export const nameKeyOf = (name: string): string => name.trim().normalize('NFC').toLowerCase();

/** The columns that the input names, checked. Refuses BLANK, TOO_LONG, INVALID, CONTAINS_HTML_TAGS, CONTAINS_URL. */
export const checkGroup = (input: GroupInput) => {
  const at = (field: string): readonly string[] => ['input', field];
  const name = input.name === undefined ? undefined : plainText(input.name, at('name'));
  if (name === null) throw new DomainError('BLANK', at('name'));
  const text = (field: 'description' | 'discountReference', max?: number) =>
    input[field] === undefined ? {} : { [field]: plainText(input[field], at(field), max) };
  return {
    ...(name === undefined ? {} : { name, nameKey: nameKeyOf(name) }),
    ...text('description', DESCRIPTION_CHARACTERS_MAX),
    ...text('discountReference'),
  };
};
