import {
  DirectiveLocation,
  GraphQLDirective,
  GraphQLEnumType,
  GraphQLNonNull,
  type GraphQLResolveInfo,
  GraphQLString,
  getDirectiveValues,
} from 'graphql';
import { type Language, languageOf } from '../core/language.ts';
import type { Context } from './context.ts';

// ISO 639-1 and the regional forms that Shopify's clients send.
const LANGUAGE_CODES =
  'AF AK AM AR AS AZ BE BG BM BN BO BR BS CA CE CKB CS CU CY DA DE DZ EE EL EN EO ES ET EU FA FF FI FIL FO FR FY GA GD GL GU GV HA HE HI HR HU HY IA ID IG II IS IT JA JV KA KI KK KL KM KN KO KS KU KW KY LA LB LG LN LO LT LU LV MG MI MK ML MN MO MR MS MT MY NB ND NE NL NN NO OM OR OS PA PL PS PT PT_BR PT_PT QU RM RN RO RU RW SA SC SD SE SG SH SI SK SL SN SO SQ SR SU SV SW TA TE TG TH TI TK TO TR TT UG UK UR UZ VI VO WO XH YI YO ZH ZH_CN ZH_TW ZU';

const LanguageCode = new GraphQLEnumType({
  name: 'LanguageCode',
  description: 'Languages. Messages are written in English, Danish, German, Italian, Norwegian and Polish; any other reads English.',
  values: Object.fromEntries(LANGUAGE_CODES.split(' ').map((code) => [code, {}])),
});

export const inContext = new GraphQLDirective({
  name: 'inContext',
  description: 'The language of messages and mails in this operation.',
  locations: [DirectiveLocation.QUERY, DirectiveLocation.MUTATION, DirectiveLocation.SUBSCRIPTION],
  args: {
    language: { type: LanguageCode },
    country: { type: GraphQLString, description: "Accepted from Shopify's clients and not used." },
  },
});

export const idempotent = new GraphQLDirective({
  name: 'idempotent',
  description:
    'Makes a mutation safe to send again: the same key from the same caller gives the same answer. Other input under a used key is refused.',
  locations: [DirectiveLocation.FIELD],
  args: { key: { type: new GraphQLNonNull(GraphQLString), description: 'At most 255 characters; a UUID made before the first attempt.' } },
});

/** The language that an operation names by `@inContext`; null when it names none. */
export const languageInContext = (info: GraphQLResolveInfo): Language | null => {
  const values = getDirectiveValues(inContext, info.operation, info.variableValues);
  return values?.language ? languageOf(values.language as string) : null;
};

/** The language of an operation: its `@inContext`, else the request's Accept-Language. */
export const languageOfOperation = (info: GraphQLResolveInfo, { request }: Context): Language =>
  languageInContext(info) ?? languageOf(request.acceptLanguage?.split(/[,;]/)[0]);

/** The key under which this field may be sent again: its `@idempotent`, else the request's header joined with the field's place in the document. */
export const idempotencyKeyOf = (info: GraphQLResolveInfo, { request }: Context): string | null => {
  for (const node of info.fieldNodes) {
    const values = getDirectiveValues(idempotent, node, info.variableValues);
    if (values) return values.key as string;
  }
  return request.idempotencyKey ? `${request.idempotencyKey}#${info.path.key}` : null;
};
