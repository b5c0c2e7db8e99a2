import { createHash } from 'node:crypto';
import { v7 as uuid } from 'uuid';
import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { lockCustomer } from '../customers/update.ts';
import { checkIdentifier, type Identifier } from './define.ts';
import { Problem } from './problem.ts';
import type { Rules, Validation } from './validations.ts';
import { METAFIELD_TYPES, readValue } from './values.ts';

export interface ValueInput extends Identifier {
  readonly customerId: string;
  readonly value: string;
  readonly type?: string | null;
  /** The digest of the value that is to be replaced; null: there is to be none yet; absent: whatever is there. */
  readonly compareDigest?: string | null;
}

/** A customer writes what its definition lets her; staff write everything. */
export type Writer = 'customer' | 'staff';

export const AT_ONCE_MAX = 25;
export const METAFIELDS_MAX = 250;
const VALUE_CHARACTERS_MAX = 65_536;

export const digestOf = (value: string): Buffer => createHash('sha256').update(value).digest();

const definitionOf = (tx: Tx, { namespace, key }: Identifier) =>
  tx.db.metafieldDefinition.findUnique({ where: { namespace_key: { namespace, key } } });

/** Refuses APP_NOT_AUTHORIZED unless the writer may write under this namespace and key. */
export const refuseReadOnly = async (tx: Tx, identifier: Identifier, writer: Writer, path: readonly string[]) => {
  const definition = await definitionOf(tx, identifier);
  if (writer === 'customer' && definition?.customerAccess !== 'READ_WRITE') throw new DomainError('APP_NOT_AUTHORIZED', path);
  return definition;
};

const typeOf = (given: string | null | undefined, known: string | undefined, field: readonly string[]): string => {
  const type = given ?? known;
  if (!type) throw new DomainError('BLANK', field);
  if (known ? type !== known : !METAFIELD_TYPES.includes(type))
    throw new DomainError('INVALID_TYPE', field, { types: known ?? METAFIELD_TYPES.join(', ') });
  return type;
};

const checkedValue = (type: string, value: string, validations: readonly Validation[], field: readonly string[]): string => {
  if (value === '') throw new DomainError('BLANK', field);
  if (value.length > VALUE_CHARACTERS_MAX) throw new DomainError('TOO_LONG', field, { max: VALUE_CHARACTERS_MAX });
  const rules: Rules = Object.fromEntries(validations.map((rule) => [rule.name, rule.value]));
  try {
    return readValue(type, value, rules);
  } catch (error) {
    if (error instanceof Problem) throw new DomainError('INVALID_VALUE', field, { ...error.params, detail: error.detail });
    // Money says itself what is wrong with it.
    if (error instanceof DomainError) throw new DomainError('INVALID_VALUE', field, { ...error.params, detail: error.code });
    throw error;
  }
};

/** What a definition says of values, as far as reading one needs it. */
export interface KnownDefinition {
  readonly id: string;
  readonly type: string;
  readonly validations: unknown;
}

/** A value as it is kept. Refuses BLANK, INVALID_TYPE, INVALID_VALUE, TOO_LONG under `path`. */
export const readMetafield = (
  { type: given, value }: { readonly type?: string | null; readonly value: string },
  definition: KnownDefinition | null,
  path: readonly string[],
): { type: string; value: string } => {
  const type = typeOf(given, definition?.type, [...path, 'type']);
  return { type, value: checkedValue(type, value, (definition?.validations ?? []) as Validation[], [...path, 'value']) };
};

const setOne = async (tx: Tx, input: ValueInput, writer: Writer, path: readonly string[]): Promise<string> => {
  const { customerId, namespace, key } = input;
  checkIdentifier(input, path);
  const definition = await refuseReadOnly(tx, input, writer, path);
  const { type, value } = readMetafield(input, definition, path);
  await lockCustomer(tx, customerId, [...path, 'ownerId']);
  const where = { customerId_namespace_key: { customerId, namespace, key } };
  const before = await tx.db.customerMetafield.findUnique({ where, select: { id: true, digest: true, value: true, type: true } });
  if (input.compareDigest !== undefined) {
    const digest = before ? Buffer.from(before.digest).toString('hex') : null;
    if (input.compareDigest !== digest) throw new DomainError('STALE_OBJECT', [...path, 'compareDigest']);
  }
  if (before?.value === value && before.type === type) return before.id;
  if (!before && (await tx.db.customerMetafield.count({ where: { customerId } })) >= METAFIELDS_MAX)
    throw new DomainError('TOO_MANY', path, { max: METAFIELDS_MAX });
  const id = before?.id ?? uuid();
  const data = { type, value, digest: new Uint8Array(digestOf(value)), definitionId: definition?.id ?? null, updatedAt: tx.now };
  await tx.db.customerMetafield.upsert({
    where,
    create: { id, customerId, namespace, key, ...data, createdAt: tx.now },
    update: data,
    select: { id: true },
  });
  tx.emit({ type: 'customer_metafields.updated', customerId, fields: [`${namespace}.${key}`] });
  return id;
};

/**
 * Keeps values for customers, all of them or none; a value that is so already is not written again. Refuses, naming the place in the list,
 * LESS_THAN_OR_EQUAL_TO for more than 25, CUSTOMER_DOES_NOT_EXIST, APP_NOT_AUTHORIZED for what a customer may not write, BLANK, TOO_SHORT,
 * TOO_LONG, INVALID_CHARACTER, INVALID_TYPE, INVALID_VALUE, STALE_OBJECT, and TOO_MANY beyond 250 of one customer.
 */
export const setMetafields = async (tx: Tx, inputs: readonly ValueInput[], writer: Writer): Promise<{ metafieldIds: string[] }> => {
  if (inputs.length > AT_ONCE_MAX) throw new DomainError('LESS_THAN_OR_EQUAL_TO', ['metafields'], { max: AT_ONCE_MAX });
  const metafieldIds: string[] = [];
  for (const [index, input] of inputs.entries()) metafieldIds.push(await setOne(tx, input, writer, ['metafields', String(index)]));
  return { metafieldIds };
};
