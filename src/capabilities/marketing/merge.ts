import type { MarketingChannel } from '../../db/generated/enums.ts';
import type { Tx } from '../../db/transact.ts';
import type { Drop, Participant, Parties } from '../merges/participant.ts';
import { repointing } from '../merges/participant.ts';
import { COLUMNS, type Consent, type Consents, consentIn } from './consent.ts';
import { consentOf } from './record.ts';

const CHANNELS = Object.keys(COLUMNS) as MarketingChannel[];

/** A refusal outlives every merge. */
const REFUSALS: readonly string[] = ['REDACTED', 'UNSUBSCRIBED'];

/** One channel of a merge: the survivor's consent stays unless the closed profile has refused. */
interface Decided {
  readonly channel: MarketingChannel;
  readonly kept: Consent;
  readonly closed: Consent;
  readonly result: Consent;
}

const decide = async (tx: Pick<Tx, 'db'>, { keptId, closedId }: Parties): Promise<Decided[]> => {
  const rows = await tx.db.customerMarketing.findMany({ where: { customerId: { in: [keptId, closedId] } } });
  const rowOf = (id: string) => rows.find(({ customerId }) => customerId === id);
  return CHANNELS.map((channel) => {
    const [kept, closed] = [consentIn(rowOf(keptId), channel), consentIn(rowOf(closedId), channel)];
    const isStricter = REFUSALS.includes(closed.state) && !REFUSALS.includes(kept.state);
    return { channel, kept, closed, result: isStricter ? closed : kept };
  });
};

/** The survivor's consents as a merge will leave them. */
export const survivingConsents = async (tx: Pick<Tx, 'db'>, parties: Parties): Promise<Consents> => {
  const decided = await decide(tx, parties);
  const columns = decided.flatMap(({ channel, result }) => {
    const { state, optInLevel, at } = COLUMNS[channel];
    return [
      [state, result.state],
      [optInLevel, result.optInLevel],
      [at, result.at],
    ];
  });
  return Object.fromEntries(columns) as Consents;
};

const dropsOf = ({ channel, kept, closed, result }: Decided): Drop[] => [
  ...(kept.state === 'SUBSCRIBED' && result.state !== 'SUBSCRIBED' ? [{ code: 'MERGE_ENDS_CONSENT', params: { channel } }] : []),
  ...(closed.state === 'SUBSCRIBED' && result.state !== 'SUBSCRIBED' ? [{ code: 'MERGE_DROPS_CONSENT', params: { channel } }] : []),
];

const write = async (tx: Tx, customerId: string, channel: MarketingChannel, { state, optInLevel, at }: Consent): Promise<void> => {
  const columns = COLUMNS[channel];
  const data = { [columns.state]: state, [columns.optInLevel]: optInLevel, [columns.at]: at };
  await tx.db.customerMarketing.upsert({ where: { customerId }, create: { customerId, ...data }, update: data, select: { customerId: true } });
};

const log = repointing({ name: 'consentLog', models: ['MarketingConsentEvent'], table: 'marketing_consent_event' });

/** What a channel was and became, as the journal keeps it beside the ids of the log's rows. */
interface Changed {
  readonly channel: MarketingChannel;
  readonly before: Consent;
  readonly after: Consent;
}

const isChange = (key: string): boolean => key.startsWith('{');

const revived = ({ state, optInLevel, at }: Consent): Consent => ({ state, optInLevel, at: at && new Date(at) });

const isSame = (a: Consent, b: Consent): boolean => JSON.stringify(revived(a)) === JSON.stringify(revived(b));

/** The stricter consent wins, channel by channel; the log of both goes to the survivor. */
export const consentInMerge: Participant = {
  name: 'consent',
  models: ['CustomerMarketing', 'MarketingConsentEvent'],
  preview: async (tx, parties) => {
    const decided = await decide(tx, parties);
    const moving = await log.preview(tx, parties);
    return { moves: moving.moves, state: JSON.stringify([decided, moving.state]), drops: decided.flatMap(dropsOf) };
  },
  move: async (tx, parties) => {
    const changes: Changed[] = [];
    for (const { channel, kept, result } of await decide(tx, parties)) {
      if (result === kept) continue;
      await write(tx, parties.keptId, channel, result);
      changes.push({ channel, before: kept, after: result });
    }
    return [...(await log.move(tx, parties)), ...changes.map((change) => JSON.stringify(change))];
  },
  restore: async (tx, parties, moved, staying) => {
    for (const { channel, before, after } of moved.filter(isChange).map((change) => JSON.parse(change) as Changed)) {
      // What she said since stays said.
      if (isSame(await consentOf(tx, parties.keptId, channel), after)) await write(tx, parties.keptId, channel, revived(before));
    }
    await log.restore(
      tx,
      parties,
      moved.filter((key) => !isChange(key)),
      staying,
    );
  },
};
