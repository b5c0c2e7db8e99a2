// What live balances cost without a gateway: sockets by account, and a Redis message that is sent on as it is. A second process of the same
// takes the debits and publishes.
import { createServer, type IncomingMessage } from 'node:http';
import { Redis } from 'ioredis';
import pg from 'pg';
import { v7 as uuid } from 'uuid';
import { type WebSocket, WebSocketServer } from 'ws';
import { formatAmount } from '../src/core/money.ts';

const CHANNEL = 'clientele-bench:live';
const UUID_LENGTH = 36;

const listening = new Map<string, Set<WebSocket>>();

const redisUrl = process.env.REDIS_URL as string;
const subscriber = new Redis(redisUrl);
const publisher = new Redis(redisUrl);
await subscriber.subscribe(CHANNEL);
subscriber.on('message', (_channel, message) => {
  const sockets = listening.get(message.slice(0, UUID_LENGTH));
  if (sockets) for (const socket of sockets) socket.send(message.slice(UUID_LENGTH));
});

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });

interface Row {
  readonly version: string;
  readonly balance: string;
  readonly currency: string;
  readonly created_at: Date;
}

/** Debits as the gateway's document says, then tells. */
const debit = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { variables } = JSON.parse(Buffer.concat(chunks).toString()) as { variables: { id: string; key: string } };
  const accountId = variables.id.slice(-UUID_LENGTH);
  const id = uuid();
  const idempotency = { scope: 'bench', key: variables.key, fingerprint: '00' };
  const movement = { id, kind: 'DEBIT', accountId, currency: 'EUR', amountMinor: '1', event: 'ADJUSTMENT', actor: 'system', idempotency };
  const { rows } = await pool.query<{ answer: string }>({
    name: 'debit',
    text: 'select store_credit_post($1::text::jsonb)::text as answer',
    values: [JSON.stringify([movement])],
  });
  const read = await pool.query<Row>({
    name: 'read',
    text: 'select version::text, balance_after_minor::text as balance, currency, created_at from store_credit_transaction where id = $1',
    values: [id],
  });
  const row = read.rows[0] as Row;
  const balance = { amount: formatAmount(BigInt(row.balance), row.currency), currencyCode: row.currency };
  const update = { account: { version: row.version, balance }, transaction: { createdAt: row.created_at.toISOString() } };
  await publisher.publish(CHANNEL, accountId + JSON.stringify(update));
  return rows[0]?.answer ?? '';
};

const server = createServer((request, response) => {
  if (request.method !== 'POST') return response.end('ready');
  debit(request).then(
    (answer) => response.writeHead(200, { 'content-type': 'application/json' }).end(answer),
    (error: Error) => response.writeHead(500).end(error.message),
  );
});

/** The one message of a client names its account; the answer says that it will be told. */
new WebSocketServer({ server }).on('connection', (socket) => {
  socket.once('message', (data) => {
    const accountId = String(data);
    const sockets = listening.get(accountId) ?? new Set();
    listening.set(accountId, sockets.add(socket));
    socket.once('close', () => {
      sockets.delete(socket);
      if (sockets.size === 0) listening.delete(accountId);
    });
    socket.send('{"listening":true}');
  });
});

server.listen(Number(process.env.PORT), '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
