import { IDEMPOTENCY_CODES } from '../../../core/errors.ts';
import { builder } from '../../../graphql/builder.ts';
import { payloadType, userErrorType } from '../../../graphql/errors.ts';
import { settleSql } from '../../../graphql/settle.ts';
import { type MarketingSettings, marketingSettings, updateMarketingSettings } from '../settings.ts';

const Settings = builder.objectRef<MarketingSettings>('MarketingSettings').implement({
  description: 'How the shop asks for consent.',
  fields: (t) => ({
    emailDoubleOptIn: t.exposeBoolean('emailDoubleOptIn', {
      nullable: false,
      description: 'Whether a customer who subscribes is PENDING until she follows the link of a mail.',
    }),
  }),
});

const SettingsInput = builder.inputType('MarketingSettingsInput', { fields: (t) => ({ emailDoubleOptIn: t.boolean({ required: true }) }) });

const UpdatePayload = payloadType<object>('MarketingSettingsUpdatePayload', userErrorType('MarketingSettingsUserError', IDEMPOTENCY_CODES), (t) => ({
  marketingSettings: t.field({
    type: Settings,
    resolve: ({ userErrors }, _args, { app }) => (userErrors.length > 0 ? null : marketingSettings(app.backend.database.sql)),
  }),
}));

builder.queryFields((t) => ({
  marketingSettings: t.field({
    type: Settings,
    nullable: false,
    authScopes: { staff: 'customers:read' },
    resolve: (_root, _args, { app }) => marketingSettings(app.backend.database.sql),
  }),
}));

builder.mutationFields((t) => ({
  marketingSettingsUpdate: t.field({
    type: UpdatePayload,
    description: 'Changes how the shop asks for consent. What is given or pending stays as it is.',
    authScopes: { staff: 'settings:write' },
    args: { input: t.arg({ type: SettingsInput, required: true }) },
    resolve: (_root, args, context, info) => settleSql(context, info, args, (tx) => updateMarketingSettings(tx, args.input)),
  }),
}));
