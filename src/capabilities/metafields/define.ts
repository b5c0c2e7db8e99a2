import { v7 as uuid } from 'uuid';
import { DomainError } from '../../core/errors.ts';
import type { MetafieldCustomerAccess } from '../../db/generated/enums.ts';
import type { Tx } from '../../db/transact.ts';
import { plainText } from '../customers/profile.ts';
import { Problem } from './problem.ts';
import { RULE_READERS, type Validation } from './validations.ts';
import { METAFIELD_TYPES, readRule } from './values.ts';

export interface Identifier {
  readonly namespace: string;
  readonly key: string;
}

export interface DefinitionInput extends Identifier {
  readonly name?: string | null;
  readonly description?: string | null;
  readonly type: string;
  readonly validations?: readonly Validation[] | null;
  readonly customerAccess?: MetafieldCustomerAccess | null;
  /** Whether the account's pages show it, and ask for it at a customer's first sign-in. */
  readonly pages?: { readonly account?: boolean | null; readonly signUp?: boolean | null } | null;
}

const DEFINITIONS_MAX = 250;
const VALIDATIONS_MAX = 20;
const PATH = ['definition'];
const at = (...path: string[]): readonly string[] => [...PATH, ...path];

/** Namespace and key are of letters, digits, hyphens and underscores. Refuses INVALID_CHARACTER, TOO_SHORT, TOO_LONG. */
export const checkIdentifier = ({ namespace, key }: Identifier, path: readonly string[]): void => {
  for (const [name, text, min, max] of [
    ['namespace', namespace, 3, 255],
    ['key', key, 2, 64],
  ] as const) {
    const field = [...path, name];
    if (text.length < min) throw new DomainError('TOO_SHORT', field, { min });
    if (text.length > max) throw new DomainError('TOO_LONG', field, { max });
    if (!/^[\w-]+$/.test(text)) throw new DomainError('INVALID_CHARACTER', field);
  }
};

/** The rules as they are kept. Refuses INVALID_OPTION, DUPLICATE_OPTION, LIMIT_EXCEEDED. */
const checkValidations = (type: string, validations: readonly Validation[]): Validation[] => {
  if (validations.length > VALIDATIONS_MAX) throw new DomainError('LIMIT_EXCEEDED', at('validations'), { max: VALIDATIONS_MAX });
  return validations.map(({ name, value }, index) => {
    const field = at('validations', String(index));
    if (validations.findIndex((other) => other.name === name) !== index) throw new DomainError('DUPLICATE_OPTION', field);
    try {
      readRule(type, name, value, RULE_READERS);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      throw new DomainError('INVALID_OPTION', field, { ...error.params, detail: error.detail });
    }
    return { name, value };
  });
};

/** Types that a form without scripts can ask for. */
export const FORM_TYPES: readonly string[] = [
  'boolean',
  'date',
  'multi_line_text_field',
  'number_decimal',
  'number_integer',
  'single_line_text_field',
  'url',
];

interface Pages {
  readonly onAccountPage: boolean;
  readonly atSignUp: boolean;
}

/** Where it is shown. Refuses INVALID for what the customer may not see there, or not write where she is asked for it. */
const pagesOf = (input: DefinitionInput['pages'], access: MetafieldCustomerAccess, type: string, before: Pages): Pages => {
  // What its customer may not see any more is not shown any more, without being asked to be hidden.
  const pages = {
    onAccountPage: input?.account ?? (before.onAccountPage && access !== 'NONE'),
    atSignUp: input?.signUp ?? (before.atSignUp && access === 'READ_WRITE'),
  };
  if (pages.onAccountPage && access === 'NONE') throw new DomainError('INVALID', at('pages', 'account'), { detail: 'PAGES_NEED_ACCESS' });
  if (pages.atSignUp && access !== 'READ_WRITE') throw new DomainError('INVALID', at('pages', 'signUp'), { detail: 'PAGES_NEED_ACCESS' });
  if (pages.atSignUp && !FORM_TYPES.includes(type))
    throw new DomainError('INVALID', at('pages', 'signUp'), { detail: 'PAGES_NEED_TYPE', types: FORM_TYPES.join(', ') });
  return pages;
};

const nameOf = (text: string | null | undefined): string => {
  const name = plainText(text ?? null, at('name'));
  if (!name) throw new DomainError('BLANK', at('name'));
  return name;
};

const identified = (tx: Tx, { namespace, key }: Identifier) =>
  tx.db.metafieldDefinition.findUnique({
    where: { namespace_key: { namespace, key } },
    select: { id: true, type: true, customerAccess: true, onAccountPage: true, atSignUp: true },
  });

/**
 * Says what values under a namespace and key are. Values of the same type that are there already come under it as they are.
 * Refuses INCLUSION for a type that is none, TAKEN, UNSTRUCTURED_ALREADY_EXISTS for values of another type, LIMIT_EXCEEDED, BLANK, TOO_LONG
 * and what `checkIdentifier` and the rules refuse.
 */
export const createDefinition = async (tx: Tx, input: DefinitionInput): Promise<{ definitionId: string }> => {
  const { namespace, key, type } = input;
  checkIdentifier(input, PATH);
  if (!METAFIELD_TYPES.includes(type)) throw new DomainError('INCLUSION', at('type'), { values: METAFIELD_TYPES.join(', ') });
  const validations = checkValidations(type, input.validations ?? []);
  const name = nameOf(input.name);
  const description = plainText(input.description ?? null, at('description'), 1_000);
  await tx.db.$executeRaw`select pg_advisory_xact_lock(hashtextextended('metafield definitions', 0))`;
  if (await identified(tx, input)) throw new DomainError('TAKEN', at('key'), { detail: 'DEFINITION_TAKEN' });
  if ((await tx.db.metafieldDefinition.count()) >= DEFINITIONS_MAX) throw new DomainError('LIMIT_EXCEEDED', PATH, { max: DEFINITIONS_MAX });
  const other = await tx.db.customerMetafield.findFirst({ where: { namespace, key, type: { not: type } }, select: { type: true } });
  if (other) throw new DomainError('UNSTRUCTURED_ALREADY_EXISTS', at('type'), { type: other.type });
  const id = uuid();
  const customerAccess = input.customerAccess ?? 'NONE';
  const pages = pagesOf(input.pages, customerAccess, type, { onAccountPage: false, atSignUp: false });
  await tx.db.metafieldDefinition.create({
    data: {
      id,
      namespace,
      key,
      name,
      description,
      type,
      validations: validations as never,
      customerAccess,
      ...pages,
      createdAt: tx.now,
      updatedAt: tx.now,
    },
    select: { id: true },
  });
  await tx.db.customerMetafield.updateMany({ where: { namespace, key }, data: { definitionId: id } });
  tx.emit({ type: 'metafield_definition.created', definitionId: id });
  return { definitionId: id };
};

/**
 * Changes what the input names; the type stays. Values that are there already stay too, and meet new rules when they are written again.
 * Refuses NOT_FOUND and what `createDefinition` refuses.
 */
export const updateDefinition = async (tx: Tx, input: Omit<DefinitionInput, 'type'>): Promise<{ definitionId: string }> => {
  const before = await identified(tx, input);
  if (!before) throw new DomainError('NOT_FOUND', PATH);
  const { id } = before;
  const data = {
    ...(input.name === undefined ? {} : { name: nameOf(input.name) }),
    ...(input.description === undefined ? {} : { description: plainText(input.description, at('description'), 1_000) }),
    ...(input.validations ? { validations: checkValidations(before.type, input.validations) as never } : {}),
    ...(input.customerAccess ? { customerAccess: input.customerAccess } : {}),
    ...pagesOf(input.pages, input.customerAccess ?? before.customerAccess, before.type, before),
  };
  await tx.db.metafieldDefinition.update({ where: { id }, data: { ...data, updatedAt: tx.now }, select: { id: true } });
  tx.emit({ type: 'metafield_definition.updated', definitionId: id });
  return { definitionId: id };
};

/** Deletes a definition, and with `withValues` what was kept under it; without, values stay for staff alone. Refuses NOT_FOUND. */
export const deleteDefinition = async (tx: Tx, definitionId: string, withValues: boolean): Promise<{ deletedDefinitionId: string }> => {
  const definition = await tx.db.metafieldDefinition.findUnique({ where: { id: definitionId }, select: { id: true } });
  if (!definition) throw new DomainError('NOT_FOUND', ['id']);
  if (withValues) await tx.db.customerMetafield.deleteMany({ where: { definitionId } });
  await tx.db.metafieldDefinition.delete({ where: { id: definitionId }, select: { id: true } });
  tx.emit({ type: 'metafield_definition.deleted', definitionId });
  return { deletedDefinitionId: definitionId };
};
