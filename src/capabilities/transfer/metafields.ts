import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { checkIdentifier } from '../metafields/define.ts';
import { type KnownDefinition, METAFIELDS_MAX, readMetafield } from '../metafields/set.ts';
import type { Draft } from './drafts.ts';
import type { GivenMetafield, ImportRow } from './row.ts';

/** What the shop says of the metafields that a chunk names, by namespace and key. */
export type Definitions = ReadonlyMap<string, KnownDefinition>;

export type NewValue = Draft['newMetafields'] extends Map<string, infer Value> ? Value : never;

const nameOf = ({ namespace, key }: { namespace: string; key: string }): string => `${namespace}.${key}`;

/** The definitions of all metafields that the rows name: the header's few. */
export const definitionsOf = async (tx: Tx, rows: readonly ImportRow[]): Promise<Definitions> => {
  const named = new Map(rows.flatMap(({ metafields }) => metafields.map((field) => [nameOf(field), field] as const)));
  if (named.size === 0) return new Map();
  const found = await tx.db.metafieldDefinition.findMany({
    where: { OR: [...named.values()].map(({ namespace, key }) => ({ namespace, key })) },
    select: { id: true, namespace: true, key: true, type: true, validations: true },
  });
  return new Map(found.map((definition) => [nameOf(definition), definition]));
};

const read = (given: GivenMetafield, definitions: Definitions): NewValue => {
  const { namespace, key } = given;
  const definition = definitions.get(nameOf(given)) ?? null;
  try {
    checkIdentifier(given, ['row']);
    return { namespace, key, ...readMetafield(given, definition, ['row']), definitionId: definition?.id ?? null };
  } catch (error) {
    if (error instanceof DomainError) throw new DomainError(error.code, ['row', nameOf(given)], error.params);
    throw error;
  }
};

/**
 * The values that a row changes. Those that differ from an earlier row's stay, and are named in `kept`, when there is one. Refuses what the
 * definitions do, and TOO_MANY beyond 250 of one customer.
 */
export const newValues = (draft: Draft, given: readonly GivenMetafield[], definitions: Definitions, kept: string[] | null): readonly NewValue[] => {
  const values = given.flatMap((one) => {
    const value = read(one, definitions);
    const name = nameOf(value);
    const held = draft.metafields.get(name);
    if (held?.value === value.value && held.type === value.type) return [];
    if (held && kept) kept.push(name);
    return held && kept ? [] : [value];
  });
  const added = values.filter((value) => !draft.metafields.has(nameOf(value))).length;
  if (draft.metafields.size + added > METAFIELDS_MAX)
    throw new DomainError('TOO_MANY', ['row', nameOf(values[0] as NewValue)], { max: METAFIELDS_MAX });
  return values;
};
