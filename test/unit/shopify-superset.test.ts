import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  buildClientSchema,
  buildSchema,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
  type GraphQLType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isUnionType,
  parse,
  print,
  printSchema,
  visit,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';

/*
 * Every type that the Customer Account API and this schema both have: ours has all of it, or docs/shopify-differences.md says what is
 * missing and why.
 */

const SHOPIFY = 'test/data/shopify/customer-account-2026-04.graphql';
const published = buildSchema(readFileSync(SHOPIFY, 'utf8'));

/** A client that reads theirs can read ours: the same type, null at most where theirs may be. */
const canBeRead = (ours: GraphQLType, theirs: GraphQLType): boolean => {
  if (isNonNullType(theirs)) return isNonNullType(ours) && canBeRead(ours.ofType, theirs.ofType);
  if (isNonNullType(ours)) return canBeRead(ours.ofType, theirs);
  if (isListType(theirs)) return isListType(ours) && canBeRead(ours.ofType, theirs.ofType);
  return String(ours) === String(theirs);
};

/** What a client gives to theirs, ours takes: required at most where theirs is. */
const canBeGiven = (ours: GraphQLType, theirs: GraphQLType): boolean => {
  if (isNonNullType(ours)) return isNonNullType(theirs) && canBeGiven(ours.ofType, theirs.ofType);
  if (isNonNullType(theirs)) return canBeGiven(ours, theirs.ofType);
  if (isListType(theirs)) return isListType(ours) && canBeGiven(ours.ofType, theirs.ofType);
  return String(ours) === String(theirs);
};

type Inputs = readonly (GraphQLArgument | GraphQLInputField)[];

const missingInputs = (ours: Inputs, theirs: Inputs, name: (input: string) => string): string[] => [
  ...theirs.flatMap((their) => {
    const our = ours.find((input) => input.name === their.name);
    return our && canBeGiven(our.type, their.type) ? [] : [name(their.name)];
  }),
  ...ours
    .filter((our) => isRequiredArgument(our as GraphQLArgument) && !theirs.some((their) => their.name === our.name))
    .map((our) => name(our.name)),
];

/** What of their type ours lacks, as docs/shopify-differences.md writes it: `Type.field`, `Type.field(argument:)`, `Type implements Interface`. */
const missingOf = (ours: GraphQLNamedType, theirs: GraphQLNamedType): string[] => {
  const { name } = theirs;
  if (isEnumType(theirs) && isEnumType(ours)) {
    return theirs.getValues().flatMap((value) => (ours.getValue(value.name) ? [] : [`${name}.${value.name}`]));
  }
  if (isUnionType(theirs) && isUnionType(ours)) {
    const members = ours.getTypes().map((type) => type.name);
    return theirs.getTypes().flatMap((type) => (members.includes(type.name) ? [] : [`${name} = ${type.name}`]));
  }
  if (isInputObjectType(theirs) && isInputObjectType(ours)) {
    return missingInputs(Object.values(ours.getFields()), Object.values(theirs.getFields()), (input) => `${name}.${input}`);
  }
  const isComposite = (isObjectType(theirs) && isObjectType(ours)) || (isInterfaceType(theirs) && isInterfaceType(ours));
  if (!isComposite) return theirs.constructor === ours.constructor ? [] : [name];
  const interfaces = ours.getInterfaces().map((type) => type.name);
  return [
    ...theirs.getInterfaces().flatMap((type) => (interfaces.includes(type.name) ? [] : [`${name} implements ${type.name}`])),
    ...Object.values(theirs.getFields()).flatMap((field) => {
      const our = ours.getFields()[field.name];
      if (!our || !canBeRead(our.type, field.type)) return [`${name}.${field.name}`];
      return missingInputs(our.args, field.args, (input) => `${name}.${field.name}(${input}:)`);
    }),
  ];
};

const ROOTS: Readonly<Record<string, string>> = { QueryRoot: 'Query' };

const missingIn = (own: GraphQLSchema): string[] =>
  Object.values(published.getTypeMap()).flatMap((theirs) => {
    const ours = own.getType(ROOTS[theirs.name] ?? theirs.name);
    return ours && !theirs.name.startsWith('__') ? missingOf(ours, theirs) : [];
  });

/** The table below its heading: what differs in the first column, each in backticks, and why in the second. */
const listed = (): { names: string[]; why: string }[] => {
  const text = readFileSync('docs/shopify-differences.md', 'utf8');
  const [, section = ''] = text.split('\n### What shared types lack\n');
  return (section.split(/\n##/)[0] ?? '')
    .split('\n')
    .filter((line) => /^\| .*`/.test(line))
    .map((line) => {
      const [, names = '', why = ''] = line.split(/(?<!\\)\|/);
      return { names: [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => name as string), why: why.trim() };
    });
};

describe('beside the Customer Account API of Shopify', () => {
  it('has all of every type that both have, but for what docs/shopify-differences.md lists', () => {
    const exceptions = listed().flatMap(({ names }) => names);
    const missing = missingIn(schema);
    expect(missing.filter((name) => !exceptions.includes(name))).toEqual([]);
    // What is here by now is not listed any more, and nothing is listed twice.
    expect(exceptions.filter((name, place) => !missing.includes(name) || exceptions.indexOf(name) !== place)).toEqual([]);
  });

  it('says of each difference why', () => {
    expect(listed().length).toBeGreaterThan(5);
    expect(listed().filter(({ why }) => why.length < 15)).toEqual([]);
  });

  it('would see what goes missing', () => {
    const without = (from: string | RegExp, to: string): string[] => {
      const text = printSchema(schema);
      const changed = text.replace(from, to);
      expect(changed).not.toBe(text);
      const before = missingIn(schema);
      return missingIn(buildSchema(changed)).filter((name) => !before.includes(name));
    };
    expect(without('\n  displayName: String!', '\n  displayName: String')).toEqual(['Customer.displayName']);
    expect(without(/(input CustomerAddressInput \{[^}]*?\n {2}zoneCode: String)\n/, '$1!\n')).toEqual(['CustomerAddressInput.zoneCode']);
    expect(without('  formattedArea: String', '  formattedRegion: String')).toEqual(['CustomerAddress.formattedArea']);
    expect(without('(withCompany: Boolean = true, withName: Boolean = false)', '(withCompany: Boolean = true)')).toEqual([
      'CustomerAddress.formatted(withName:)',
    ]);
    expect(without(/(enum EmailMarketingState \{[^}]*?) {2}REDACTED\n/, '$1')).toEqual(['EmailMarketingState.REDACTED']);
  });

  it.skipIf(!process.env.HYDROGEN_2026)('is compared with the schema as Shopify publishes it', () => {
    const file = path.join(process.env.HYDROGEN_2026 as string, 'dist/customer-account.schema.json');
    expect(existsSync(file)).toBe(true);
    const told = JSON.parse(readFileSync(file, 'utf8'));
    const plain = (text: string): string =>
      print(visit(parse(text), { enter: (node) => ('description' in node ? { ...node, description: undefined } : undefined) }));
    expect(plain(printSchema(buildClientSchema(told.data ?? told)))).toBe(plain(readFileSync(SHOPIFY, 'utf8')));
  });
});
