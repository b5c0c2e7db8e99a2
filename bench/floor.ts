// What the same answers cost without a gateway: node:http, one prepared statement a request, nobody asked who they are.
import { createServer, type IncomingMessage } from 'node:http';
import pg from 'pg';
import { v7 as uuid } from 'uuid';

/** JSON of a text column; texts are quoted by PostgreSQL, all else is put together as text, which is cheaper than building JSON values. */
const text = (column: string) => `coalesce(to_json(${column})::text, 'null')`;
const money = (minor: string, currency: string) =>
  `'{"amount":"' || ${minor} * (case ${currency} when 'JPY' then 1 else 0.01 end) || '","currencyCode":"' || ${currency} || '"}'`;
/** A tenth of a millisecond more leaves three decimals to cut at, which PostgreSQL's own text of a moment has not always; to_char() costs a quarter more. */
const moment = (column: string) => `substr(to_json(${column} + interval '100 microseconds')::text, 2, 23) || 'Z'`;

const transactions = (first: number, withBalance: boolean) => `
  (select coalesce(string_agg('{"id":"gid://clientele/StoreCreditAccount' || case t.kind when 'CREDIT' then 'Credit' when 'DEBIT' then 'Debit'
        when 'DEBIT_REVERT' then 'DebitRevert' else 'Expiration' end || 'Transaction/' || t.id || '","amount":' || ${money('t.amount_minor', 't.currency')}
      ${withBalance ? `|| ',"balanceAfterTransaction":' || ${money('t.balance_after_minor', 't.currency')}` : ''}
      || ',"createdAt":"' || ${moment('t.created_at')} || '"}', ','), '')
   from (select * from store_credit_transaction where account_id = s.id order by number desc limit ${first}) t)`;

/** Lots that have run out are few; what is open besides them is the balance. */
const AVAILABLE = `greatest(0, s.balance_minor - s.held_minor - coalesce((
  select sum(remaining_minor) from store_credit_lot where account_id = s.id and is_open and expires_at <= statement_timestamp()), 0))`;

const READ = `
  select '{"data":{"customer":{"id":"gid://clientele/Customer/' || c.id || '","firstName":' || ${text('c.first_name')} || ',"lastName":' || ${text('c.last_name')}
    || ',"emailAddress":' || coalesce('{"emailAddress":' || to_json(c.email) || '}', 'null')
    || ',"addresses":{"nodes":[' || (
      select coalesce(string_agg('{"id":"gid://clientele/CustomerAddress/' || a.id || '","address1":' || ${text('a.address1')} || ',"city":' || ${text('a.city')}
        || ',"zip":' || ${text('a.zip')} || ',"territoryCode":' || ${text('a.territory_code')} || '}', ','), '')
      from (select * from address where customer_id = c.id order by id limit 10) a)
    || ']},"storeCreditAccounts":{"nodes":[' || (
      select coalesce(string_agg('{"id":"gid://clientele/StoreCreditAccount/' || s.id || '","balance":' || ${money('s.balance_minor', 's.currency')}
        || ',"available":' || ${money(AVAILABLE, 's.currency')} || ',"version":"' || s.version || '","transactions":{"nodes":[' || ${transactions(10, true)} || ']}}', ','), '')
      from (select * from store_credit_account where customer_id = c.id order by id limit 5) s)
    || ']}}}}' as answer
  from customer c where c.id = $1 and c.deleted_at is null`;

const LIST = `
  select '{"data":{"customers":{"nodes":[' || coalesce(string_agg('{"id":"gid://clientele/Customer/' || c.id || '","firstName":' || ${text('c.first_name')}
    || ',"lastName":' || ${text('c.last_name')} || ',"emailAddress":' || coalesce('{"emailAddress":' || to_json(c.email) || '}', 'null')
    || ',"storeCreditAccounts":{"nodes":[' || (
      select coalesce(string_agg('{"id":"gid://clientele/StoreCreditAccount/' || s.id || '","balance":' || ${money('s.balance_minor', 's.currency')}
        || ',"transactions":{"nodes":[' || ${transactions(5, false)} || ']}}', ','), '')
      from (select * from store_credit_account where customer_id = c.id order by id limit 5) s)
    || ']}}', ','), '') || ']}}}' as answer
  from (select * from customer where id > $1 and deleted_at is null order by id limit 50) c`;

const POST = 'select store_credit_post($1::text::jsonb)::text as answer';

interface Body {
  readonly variables: { readonly id: string; readonly after: string; readonly key: string };
}

const uuidOf = (gid: string): string => gid.slice(gid.lastIndexOf('/') + 1);
const cursorId = (cursor: string): string => Buffer.from(cursor, 'base64').toString().slice('GPC:S:'.length);

const debitOf = ({ id, key }: Body['variables']): string =>
  JSON.stringify([
    {
      id: uuid(),
      kind: 'DEBIT',
      accountId: uuidOf(id),
      currency: 'EUR',
      amountMinor: '1',
      event: 'ADJUSTMENT',
      actor: 'system',
      idempotency: { scope: 'bench', key, fingerprint: '00' },
    },
  ]);

const STATEMENTS: Record<string, { name: string; text: string; valueOf: (variables: Body['variables']) => string }> = {
  '/read': { name: 'read', text: READ, valueOf: ({ id }) => uuidOf(id) },
  '/list': { name: 'list', text: LIST, valueOf: ({ after }) => cursorId(after) },
  '/debit': { name: 'debit', text: POST, valueOf: debitOf },
};

const bodyOf = async (request: IncomingMessage): Promise<Body> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString()) as Body;
};

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10, options: '-c TimeZone=UTC' });

const server = createServer((request, response) => {
  const statement = STATEMENTS[request.url ?? ''];
  const answer = async (): Promise<void> => {
    if (!statement) {
      response.writeHead(request.url === '/ready' ? 200 : 404).end();
      return;
    }
    const { variables } = await bodyOf(request);
    const { rows } = await pool.query<{ answer: string }>({ name: statement.name, text: statement.text, values: [statement.valueOf(variables)] });
    response.writeHead(200, { 'content-type': 'application/json' }).end(rows[0]?.answer);
  };
  answer().catch((error: Error) => response.writeHead(500).end(error.message));
});

server.listen(Number(process.env.PORT), '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
