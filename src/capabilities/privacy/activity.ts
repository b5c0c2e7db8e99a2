import { customerActor } from '../../core/viewer.ts';
import type { PrivacyParticipant } from './participant.ts';

/** How many of the latest facts are given; a lively account has a great many, and all are of the same kinds. */
const EVENTS_MAX = 10_000;

/** The audit log, which names nobody but by id. Letters that wait in it are forgotten with her, and so are her own mutations' answers. */
export const activityPrivacy: PrivacyParticipant = {
  name: 'activity',
  models: ['OutboxEvent', 'IdempotencyKey', 'ImportedCustomer'],
  read: async (tx, customerId) => {
    const events = await tx.db.outboxEvent.findMany({
      where: { customerId },
      select: { type: true, actor: true, createdAt: true },
      orderBy: { id: 'desc' },
      take: EVENTS_MAX,
    });
    const own = customerActor(customerId);
    return events.map(({ type, actor, createdAt }) => ({ type, by: actor === own ? 'you' : (actor.split(':')[0] as string), at: createdAt }));
  },
  erase: async (tx, customerId) => {
    await tx.db.$executeRaw`update outbox_event set payload = payload - 'sealed', delivered_at = coalesce(delivered_at, ${tx.now})
      where customer_id = ${customerId}::uuid and payload ? 'sealed'`;
    await tx.db.idempotencyKey.deleteMany({ where: { scope: customerActor(customerId) } });
    await tx.db.importedCustomer.deleteMany({ where: { customerId } });
  },
};
