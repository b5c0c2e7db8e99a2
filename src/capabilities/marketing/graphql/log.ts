import { MarketingChannel, MarketingConsentSource, MarketingState } from '../../../db/generated/enums.ts';
import { builder } from '../../../graphql/builder.ts';
import { BY_ID, keysetConnection, keysetQuery, nodesOf } from '../../../graphql/keyset.ts';
import { CustomerMarketingOptInLevel } from './consent.ts';

const Channel = builder.enumType(MarketingChannel, { name: 'MarketingChannel' });
const State = builder.enumType(MarketingState, { name: 'MarketingState' });
const Source = builder.enumType(MarketingConsentSource, {
  name: 'MarketingConsentSource',
  description:
    'CUSTOMER: she said so while signed in. CONFIRMATION_LINK, UNSUBSCRIBE_LINK: by the link of a mail. STAFF: by a staff token. ADDRESS_CHANGED: staff replaced the address that it was given for.',
});

const ConsentEvent = builder.prismaObject('MarketingConsentEvent', {
  name: 'MarketingConsentEvent',
  description: 'One change of a consent, as it happened. Nothing changes it afterwards.',
  select: { id: true },
  authScopes: { staff: 'customers:read' },
  fields: (t) => ({
    channel: t.expose('channel', { type: Channel, nullable: false }),
    stateBefore: t.expose('stateBefore', { type: State, nullable: false }),
    state: t.expose('state', { type: State, nullable: false }),
    optInLevel: t.expose('optInLevel', { type: CustomerMarketingOptInLevel, nullable: true }),
    origin: t.expose('source', { type: Source, nullable: false }),
    detail: t.exposeString('detail', { nullable: true, description: 'Where it was given, in the words of whoever told it.' }),
    address: t.exposeString('address', { nullable: true, description: 'The address or number that it was for; null once it is erased.' }),
    actor: t.exposeString('actor', { nullable: false, description: '`customer:<id>`, `staff:<token id>`, `anonymous` for a link.' }),
    occurredAt: t.expose('occurredAt', { type: 'DateTime', nullable: false, description: 'When the customer said so.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', nullable: false, description: 'When it was written down here.' }),
  }),
});

builder.prismaObjectFields('Customer', (t) => ({
  marketingConsentLog: t.connection(
    {
      type: ConsentEvent,
      nullable: true,
      authScopes: { staff: 'customers:read' },
      description: 'For staff only: every change of the consents, oldest first.',
      args: { reverse: t.arg.boolean({ defaultValue: false }) },
      select: (args, _context, nested, wanted?: ReadonlySet<string>) => ({
        consentEvents: nested(keysetQuery(BY_ID, args, {}, { id: true }, wanted), nodesOf('MarketingConsentEvent')),
      }),
      resolve: ({ consentEvents }, args) => keysetConnection(BY_ID, args, consentEvents),
    },
    { name: 'MarketingConsentEventConnection' },
    { name: 'MarketingConsentEventEdge' },
  ),
}));
