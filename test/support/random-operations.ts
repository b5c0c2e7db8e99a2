import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLUnionType,
  getNamedType,
  getNullableType,
  isEnumType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from 'graphql';
import { schema } from '../../src/graphql/schema.ts';

/** A source of numbers from 0 to 1 that gives the same for the same seed: mulberry32 by Tommy Ettinger. */
export const randomFrom = (seed: number) => {
  let state = seed >>> 0;
  return (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

/** Ids and cursors of things that are there, and of some that are not. */
export interface Pool {
  readonly ids: readonly string[];
  /** By the name of the list. */
  readonly cursors: Readonly<Record<string, readonly string[]>>;
  readonly emails: readonly string[];
}

export interface RandomOperation {
  readonly query: string;
  readonly variables: Record<string, unknown>;
}

/** Texts that mean something to the searches, by the name of the list. */
const SEARCHES: Readonly<Record<string, readonly string[]>> = {
  customers: ['tag:vip', '-tag:vip state:enabled', 'Anna', 'email:example.com', 'created_at:>2020-01-01', 'country:DE', ''],
  transactions: ['type:credit', 'type:debit OR type:credit', "expires_at:<='2032-01-01T00:00:00Z'", 'created_at:>2020-01-01', ''],
  storeCreditAccounts: ['currency_code:EUR', ''],
};

type Composite = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType;

/** Writes operations that are valid for the schema: any field, arguments as literals and as variables, aliases, fragments, directives. */
export const randomOperations = (random: () => number, pool: Pool) => {
  const upTo = (count: number): number => Math.floor(random() * count);
  const oneOf = <Item>(items: readonly Item[]): Item => items[upTo(items.length)] as Item;
  const chance = (part: number): boolean => random() < part;

  let declared: string[] = [];
  let variables: Record<string, unknown> = {};
  let fragments: string[] = [];

  /** Ids of what a field answers with; of anything where that is an interface. */
  const idsFor = ({ type }: GraphQLField<unknown, unknown>): readonly string[] => {
    const fitting = pool.ids.filter((id) => id.includes(`/${getNamedType(type).name}/`));
    return fitting.length > 0 ? fitting : pool.ids;
  };

  const leaf = (type: GraphQLInputType, name: string, of: GraphQLField<unknown, unknown>): unknown => {
    if (isEnumType(type)) return oneOf(type.getValues()).name;
    switch (getNamedType(type).name) {
      case 'Int':
        return chance(0.02) ? oneOf([0, 251]) : oneOf([1, 2, 3, 5, 8]);
      case 'Boolean':
        return chance(0.5);
      case 'ID':
        return oneOf(chance(0.95) ? idsFor(of) : pool.ids);
      case 'DateTime':
        return '2026-01-01T00:00:00Z';
      default:
        if (name === 'after' || name === 'before') return oneOf((chance(0.95) && pool.cursors[of.name]) || Object.values(pool.cursors).flat());
        return name === 'query' ? oneOf((chance(0.95) && SEARCHES[of.name]) || ['nonsense:1']) : oneOf(pool.emails);
    }
  };

  const inputFor = (type: GraphQLInputType, name: string, of: GraphQLField<unknown, unknown>): unknown => {
    const inner = getNullableType(type);
    if (isListType(inner)) return Array.from({ length: upTo(4) }, () => inputFor(inner.ofType as GraphQLInputType, name, of));
    if (isLeafType(inner)) return leaf(inner, name, of);
    // Only inputs of which exactly one field is given are arguments of reads.
    const fields = Object.values((inner as unknown as { getFields(): Record<string, { name: string; type: GraphQLInputType }> }).getFields());
    const field = oneOf(fields);
    return { [field.name]: inputFor(getNullableType(field.type), field.name, of) };
  };

  const literal = (value: unknown, type: GraphQLInputType): string => {
    const inner = getNullableType(type);
    if (isEnumType(inner)) return String(value);
    if (Array.isArray(value)) return `[${value.map((item) => literal(item, (inner as { ofType: GraphQLInputType }).ofType)).join(', ')}]`;
    if (typeof value === 'object' && value !== null) return `{${Object.entries(value).map(([key, item]) => `${key}: ${JSON.stringify(item)}`)}}`;
    return JSON.stringify(value);
  };

  const passed = (arg: GraphQLArgument, of: GraphQLField<unknown, unknown>): string => {
    const value = inputFor(arg.type, arg.name, of);
    if (chance(0.6)) return `${arg.name}: ${literal(value, arg.type)}`;
    const variable = `v${declared.length}`;
    declared.push(`$${variable}: ${arg.type}`);
    variables[variable] = value;
    return `${arg.name}: $${variable}`;
  };

  const argumentsOf = (field: GraphQLField<unknown, unknown>): string => {
    const { args } = field;
    const isPage = args.some(({ name }) => name === 'first');
    const backward = chance(0.2);
    const given = args.filter(({ name, type }) => {
      if (isNonNullType(type)) return true;
      if (isPage && name === 'first') return !backward || chance(0.03);
      if (isPage && name === 'last') return backward || chance(0.03);
      if (name === 'after') return chance(backward ? 0.02 : 0.2);
      if (name === 'before') return chance(backward ? 0.3 : 0.02);
      return chance(name === 'id' ? 0.9 : 0.3);
    });
    return given.length > 0 ? `(${given.map((arg) => passed(arg, field)).join(', ')})` : '';
  };

  const directive = (): string => {
    if (!chance(0.06)) return '';
    const name = oneOf(['include', 'skip']);
    if (chance(0.5)) return ` @${name}(if: ${chance(0.6)})`;
    const variable = `v${declared.length}`;
    declared.push(`$${variable}: Boolean!`);
    variables[variable] = chance(0.6);
    return ` @${name}(if: $${variable})`;
  };

  const fieldOf = (field: GraphQLField<unknown, unknown>, depth: number): string | null => {
    const inner = getNamedType(field.type as GraphQLOutputType);
    if (depth <= 0 && !isLeafType(inner)) return null;
    const alias = chance(0.12) ? `a${upTo(3)}_${field.name}: ` : '';
    const selection = isLeafType(inner) ? '' : ` ${selectionOf(inner as Composite, depth - 1)}`;
    return `${alias}${field.name}${argumentsOf(field)}${directive()}${selection}`;
  };

  const fragmentOn = (type: GraphQLObjectType | GraphQLInterfaceType, depth: number): string => {
    const possible: readonly Composite[] = isInterfaceType(type) ? [type, ...schema.getPossibleTypes(type)] : [type, ...type.getInterfaces()];
    const condition = oneOf(possible);
    const selection = selectionOf(condition as Composite, depth - 1);
    if (chance(0.7)) return `... on ${condition.name}${directive()} ${selection}`;
    const name = `F${fragments.length}`;
    fragments.push(`fragment ${name} on ${condition.name} ${selection}`);
    return `...${name}${directive()}`;
  };

  const selectionOf = (type: Composite, depth: number): string => {
    if (isUnionType(type)) {
      const members = type.getTypes().filter(() => chance(0.7));
      return `{ __typename ${members.map((member) => `... on ${member.name} ${selectionOf(member, depth - 1)}`).join(' ')} }`;
    }
    const fields = Object.values(type.getFields());
    const wanted = type.name.endsWith('Connection') || type.name.endsWith('Edge') ? 0.7 : 4 / (fields.length + 1);
    const parts = fields.filter(() => chance(wanted)).flatMap((field) => fieldOf(field, depth) ?? []);
    if (depth > 0 && chance(0.15)) parts.push(fragmentOn(type, depth));
    if (parts.length === 0 || chance(0.1)) parts.push('__typename');
    return `{ ${parts.join(' ')} }`;
  };

  /** An operation; two fields under one key may not merge, which validation then says, on every way. */
  return (): RandomOperation => {
    declared = [];
    variables = {};
    fragments = [];
    const query = schema.getQueryType();
    if (!isObjectType(query)) throw new Error('There is a query type.');
    const roots = Array.from({ length: chance(0.15) ? 2 : 1 }, () => fieldOf(oneOf(Object.values(query.getFields())), 2 + upTo(6)));
    const head = declared.length > 0 ? `(${declared.join(', ')})` : '';
    return { query: [`query ${head} { ${roots.join(' ')} }`, ...fragments].join('\n'), variables };
  };
};
