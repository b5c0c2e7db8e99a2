import { IDEMPOTENCY_CODES } from '../../../core/errors.ts';
import { hasScope } from '../../../core/viewer.ts';
import { unauthorizedWithout } from '../../../graphql/access.ts';
import { builder } from '../../../graphql/builder.ts';
import { payloadType, userErrorType } from '../../../graphql/errors.ts';
import { settleSql } from '../../../graphql/settle.ts';
import { EXPORT_FORMATS, EXPORT_KINDS, EXPORT_PRESETS, scopeOfExport } from '../export.ts';
import { exportUrl } from '../export-link.ts';

const ExportKind = builder.enumType('ExportKind', { values: EXPORT_KINDS });
const ExportFormat = builder.enumType('ExportFormat', { description: 'NDJSON: a JSON object a line.', values: EXPORT_FORMATS });
const ExportPreset = builder.enumType('ExportPreset', {
  description: 'SHOPIFY: the header of Shopify’s customer files, for customers alone.',
  values: EXPORT_PRESETS,
});

const ExportUserError = userErrorType('ExportUserError', ['BLANK', 'INCLUSION', 'INVALID', 'TOO_MANY', ...IDEMPOTENCY_CODES]);

const ExportCreatePayload = payloadType<{ url: string; expiresAt: Date }>('ExportCreatePayload', ExportUserError, (t) => ({
  url: t.field({ type: 'URL', nullable: true, description: 'Needs no token. Whoever has it downloads the file.', resolve: ({ url }) => url ?? null }),
  expiresAt: t.field({
    type: 'DateTime',
    nullable: true,
    description: 'Until when the download can begin.',
    resolve: ({ expiresAt }) => (expiresAt ? new Date(expiresAt) : null),
  }),
}));

const ExportCreateInput = builder.inputType('ExportCreateInput', {
  fields: (t) => ({
    kind: t.field({ type: ExportKind, required: true }),
    format: t.field({ type: ExportFormat, defaultValue: 'CSV' }),
    query: t.string({ description: 'As in the list of the same name; absent: all of them.' }),
    columns: t.stringList({ description: 'Names of columns in the order wanted; absent: all.' }),
    preset: t.field({ type: ExportPreset, defaultValue: 'CLIENTELE' }),
  }),
});

builder.mutationFields((t) => ({
  exportCreate: t.field({
    type: ExportCreatePayload,
    nullable: false,
    description: 'A link to a file of customers, orders or store credit, written as it is downloaded. Takes the scope that reads them.',
    authScopes: { staff: 'customers:read' },
    args: { input: t.arg({ type: ExportCreateInput, required: true }) },
    resolve: (_root, args, context, info) => {
      const { kind, format, query, columns, preset } = args.input;
      const scope = scopeOfExport(kind);
      if (!hasScope(context.viewer, scope)) throw unauthorizedWithout(context.viewer, scope);
      const order = { kind, format: format ?? 'CSV', query: query || null, columns: columns ?? null, preset: preset ?? 'CLIENTELE' };
      return settleSql(context, info, args, (tx) => exportUrl(tx, context.app, order), { secret: true });
    },
  }),
}));
