import { IDEMPOTENCY_CODES } from '../../../core/errors.ts';
import { builder } from '../../../graphql/builder.ts';
import { payloadType, userErrorType } from '../../../graphql/errors.ts';
import { settleSql } from '../../../graphql/settle.ts';
import { type CreditMailSettings, creditMailSettings, updateCreditMailSettings } from '../mail-settings.ts';

const WORDS = {
  credited: 'To a customer who is given credit, where `notify` does not say it. Not of what is merged, transferred or an opening balance.',
  debited: 'To a customer whose credit is taken, where `notify` does not say it.',
  expired: 'To a customer whose credit has run out.',
  expiring: 'Reminders of credit that is about to run out and not spent, from when they are switched on.',
  expiringDays: 'So many days before it does; at most five, from 1 to 365.',
  expiringToEveryone: 'Reminders go to all, and not to those alone who want the shop’s mail.',
};

const Settings = builder.objectRef<CreditMailSettings>('StoreCreditMailSettings').implement({
  description: 'Which mails about store credit the shop sends.',
  fields: (t) => ({
    credited: t.exposeBoolean('credited', { nullable: false, description: WORDS.credited }),
    debited: t.exposeBoolean('debited', { nullable: false, description: WORDS.debited }),
    expired: t.exposeBoolean('expired', { nullable: false, description: WORDS.expired }),
    expiring: t.exposeBoolean('expiring', { nullable: false, description: WORDS.expiring }),
    expiringDays: t.intList({ nullable: false, description: WORDS.expiringDays, resolve: ({ expiringDays }) => [...expiringDays] }),
    expiringToEveryone: t.exposeBoolean('expiringToEveryone', { nullable: false, description: WORDS.expiringToEveryone }),
  }),
});

const SettingsInput = builder.inputType('StoreCreditMailSettingsInput', {
  description: 'What is absent stays as it is.',
  fields: (t) => ({
    credited: t.boolean(),
    debited: t.boolean(),
    expired: t.boolean(),
    expiring: t.boolean(),
    expiringDays: t.intList({ description: WORDS.expiringDays }),
    expiringToEveryone: t.boolean(),
  }),
});

const UpdatePayload = payloadType<object>(
  'StoreCreditMailSettingsUpdatePayload',
  userErrorType('StoreCreditMailSettingsUserError', ['INVALID', ...IDEMPOTENCY_CODES]),
  (t) => ({
    storeCreditMailSettings: t.field({
      type: Settings,
      resolve: ({ userErrors }, _args, { app }) => (userErrors.length > 0 ? null : creditMailSettings(app.backend.database.sql)),
    }),
  }),
);

builder.queryFields((t) => ({
  storeCreditMailSettings: t.field({
    type: Settings,
    nullable: false,
    authScopes: { staff: 'store_credit:read' },
    resolve: (_root, _args, { app }) => creditMailSettings(app.backend.database.sql),
  }),
}));

builder.mutationFields((t) => ({
  storeCreditMailSettingsUpdate: t.field({
    type: UpdatePayload,
    description: 'Changes which mails about store credit the shop sends.',
    authScopes: { staff: 'settings:write' },
    args: { input: t.arg({ type: SettingsInput, required: true }) },
    resolve: (_root, args, context, info) => settleSql(context, info, args, (tx) => updateCreditMailSettings(tx, args.input)),
  }),
}));
