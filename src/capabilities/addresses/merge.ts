import type { SqlTx } from '../../db/transact.ts';
import { type Participant, type Parties, repointing } from '../merges/participant.ts';
import { ADDRESS_FIELDS, type AddressFields, addressKey } from './fields.ts';
import { formatAddress } from './format.ts';

type Row = AddressFields & { readonly id: string; readonly customerId: string; readonly text: string };

const BOOKS = `
select t.id::text as id, t.customer_id::text as "customerId", t::text as text,
  ${ADDRESS_FIELDS.map((name) => `t.${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)} as "${name}"`).join(', ')}
from address t where t.customer_id in ($1::text::uuid, $2::text::uuid) order by t.id`;

/** Addresses that both books have: of the closed one the copy, which stays behind. */
export interface SameAddress {
  readonly keptAddressId: string;
  readonly droppedAddressId: string;
  readonly text: string;
}

const books = async (tx: Pick<SqlTx, 'sql'>, { keptId, closedId }: Parties) => {
  const rows = await tx.sql<Row>(BOOKS, [keptId, closedId]);
  const kept = new Map(rows.filter(({ customerId }) => customerId === keptId).map((row) => [addressKey(row), row.id]));
  const same = rows.flatMap((row): SameAddress[] => {
    const keptAddressId = row.customerId === closedId ? kept.get(addressKey(row)) : undefined;
    const text = formatAddress(row, { withCompany: true, withName: true }).join(', ');
    return keptAddressId ? [{ keptAddressId, droppedAddressId: row.id, text }] : [];
  });
  return { rows, same };
};

export const sameAddresses = async (tx: Pick<SqlTx, 'sql'>, parties: Parties): Promise<SameAddress[]> => (await books(tx, parties)).same;

const MOVE = `
update address set customer_id = $1::text::uuid where customer_id = $2::text::uuid and not id = any($3::text[]::uuid[]) returning id::text as id`;

/** Addresses go over, but those that the survivor has already. */
export const addressesInMerge: Participant = {
  ...repointing({ name: 'addresses', models: ['Address'], table: 'address' }),
  preview: async (tx, parties) => {
    const { rows, same } = await books(tx, parties);
    const moves = rows.filter(({ customerId }) => customerId === parties.closedId).length - same.length;
    const drops = same.map(({ text }) => ({ code: 'MERGE_DROPS_ADDRESS', params: { address: text } }));
    return { moves, drops, state: JSON.stringify(rows.map(({ text }) => text)) };
  },
  move: async (tx, parties) => {
    const same = await sameAddresses(tx, parties);
    const moved = await tx.sql<{ id: string }>(MOVE, [parties.keptId, parties.closedId, same.map(({ droppedAddressId }) => droppedAddressId)]);
    return moved.map(({ id }) => id);
  },
};
