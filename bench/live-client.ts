// The listeners of the live suite, in a process of their own: raw sockets, each of one account, that note what they are told and when.
import { once } from 'node:events';
import { WebSocket } from 'ws';

/** Connect and listen. */
export interface Listen {
  readonly kind: 'listen';
  readonly url: string;
  readonly protocol: string | null;
  /** Sent when the socket is open. */
  readonly hello: string | null;
  /** Sent then, or after the answer to the hello; ACCOUNT stands for the account's id. */
  readonly subscribe: string;
  /** With the version from which every one must be seen. */
  readonly accounts: readonly { readonly id: string; readonly version: number }[];
}

export type Command = Listen | { readonly kind: 'count' } | { readonly kind: 'report' } | { readonly kind: 'leave' };

export interface Report {
  /** From the moment that the ledger wrote until the message was here, in milliseconds, since it was last told to count. */
  readonly latencies: readonly number[];
  /** The newest version seen of each account that moved. */
  readonly versions: Readonly<Record<string, number>>;
  /** Versions that did not follow the one before. */
  readonly outOfOrder: number;
}

const AT_ONCE = 100;
const VERSION = /"version":"(\d+)"/;
const CREATED_AT = /"createdAt":"([^"]+)"/;

const sockets: WebSocket[] = [];
const versions = new Map<string, number>();
const moved = new Set<string>();
let latencies: number[] = [];
let outOfOrder = 0;

const note = (account: string, message: string): void => {
  const createdAt = CREATED_AT.exec(message)?.[1];
  if (!createdAt) return;
  latencies.push(performance.timeOrigin + performance.now() - Date.parse(createdAt));
  const version = Number(VERSION.exec(message)?.[1]);
  if (version !== (versions.get(account) ?? 0) + 1) outOfOrder += 1;
  versions.set(account, Math.max(version, versions.get(account) ?? 0));
  moved.add(account);
};

/** One listener; it is listening when its subscription was answered. */
const listen = async ({ url, protocol, hello, subscribe }: Listen, account: string): Promise<void> => {
  const socket = new WebSocket(url, protocol ? [protocol] : [], { perMessageDeflate: false });
  sockets.push(socket);
  const subscription = subscribe.replaceAll('ACCOUNT', account);
  await once(socket, 'open');
  if (hello) {
    socket.send(hello);
    await once(socket, 'message');
  }
  socket.send(subscription);
  const [first] = (await once(socket, 'message')) as [Buffer];
  if (!/"next"|"listening"/.test(first.toString())) throw new Error(`${account} was answered ${first.toString()}`);
  socket.on('message', (data) => note(account, data.toString()));
  socket.on('close', (code) => {
    if (code !== 1005 && code !== 1006) console.error(`a listener was closed with ${code}`);
  });
};

const listenAll = async (command: Listen): Promise<void> => {
  const waiting = [...command.accounts];
  for (const { id, version } of waiting) versions.set(id, version);
  const worker = async (): Promise<void> => {
    for (let next = waiting.pop(); next; next = waiting.pop()) await listen(command, next.id);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
};

const report = (): Report => ({ latencies, versions: Object.fromEntries([...moved].map((id) => [id, versions.get(id) as number])), outOfOrder });

const leave = async (): Promise<void> => {
  const closed = sockets.map((socket) => once(socket, 'close'));
  for (const socket of sockets) socket.terminate();
  await Promise.all(closed);
  sockets.length = 0;
};

const run = async (command: Command): Promise<unknown> => {
  switch (command.kind) {
    case 'listen':
      return listenAll(command);
    case 'count':
      latencies = [];
      return null;
    case 'report':
      return report();
    case 'leave':
      return leave();
  }
};

process.on('message', (command: Command) => {
  run(command).then(
    (answer) => process.send?.({ answer: answer ?? null }),
    (error: Error) => process.send?.({ error: error.message }),
  );
});
process.on('disconnect', () => process.exit(0));
