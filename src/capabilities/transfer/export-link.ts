import type { Keyring } from '../../core/secret.ts';
import type { SqlTx } from '../../db/transact.ts';
import { secondsAfter } from '../sessions/open.ts';
import { type ExportOrder, openExport } from './export.ts';

/** How long a link to an export works: it is followed at once. */
const LINK_SECONDS = 10 * 60;

const PURPOSE = 'export';

/** An export that a link stands for, and who asked for it. */
export interface LinkedExport {
  readonly order: ExportOrder;
  readonly actor: string;
}

/** An address at which its holder downloads an export, as it is at that moment, for ten minutes. Refuses what `openExport` does. */
export const exportUrl = async (
  tx: SqlTx,
  { keyring, publicUrl }: { keyring: Keyring; publicUrl: string },
  order: ExportOrder,
): Promise<{ url: string; expiresAt: Date }> => {
  openExport(order);
  const expiresAt = secondsAfter(tx.now, LINK_SECONDS);
  const token = keyring.seal(PURPOSE, JSON.stringify({ order, actor: tx.actor, until: expiresAt.getTime() })).toString('base64url');
  tx.emit({ type: 'export.created', kind: order.kind, format: order.format, isFiltered: order.query !== null });
  return { url: `${publicUrl}/export/${token}`, expiresAt };
};

/** What a link's token stands for; null when it is none, or too old. */
export const exportOfToken = (keyring: Keyring, token: string, now: Date): LinkedExport | null => {
  try {
    const { order, actor, until } = JSON.parse(keyring.open(PURPOSE, Buffer.from(token, 'base64url'))) as LinkedExport & { until: number };
    return until > now.getTime() ? { order, actor } : null;
  } catch {
    return null;
  }
};
