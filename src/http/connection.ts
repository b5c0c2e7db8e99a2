import { CloseCode, type Context as ProtocolContext, type Server as ProtocolServer, type WebSocket as ProtocolSocket } from 'graphql-ws';
import { type RawData, WebSocket } from 'ws';
import type { App } from '../app.ts';
import { type Member, Rounds } from '../core/rounds.ts';
import type { Viewer } from '../core/viewer.ts';
import type { RequestFacts } from '../graphql/context.ts';
import { type Doubter, mayGoOn, offDoubt, onDoubt } from '../graphql/live.ts';
import { fill } from './ready-text.ts';

const KEEP_ALIVE_MS = 15_000;

const pingAgain = new Rounds(KEEP_ALIVE_MS);

/** A WebSocket that knows the connection which it carries, so that all share their listeners. */
export class GatewaySocket extends WebSocket {
  connection: Connection | null = null;
}

/** Parsed here: given the text, graphql-ws would keep it for as long as the operation lasts. Of what is no JSON it says so itself. */
const messageIn = (bytes: RawData): string => {
  const text = String(bytes);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

/*
 * Listeners that all connections share: one of each made for every connection would be much of what it keeps.
 */

function onMessage(this: WebSocket, bytes: RawData): void {
  (this as GatewaySocket).connection?.take(bytes);
}

function onPong(this: WebSocket): void {
  const { connection } = this as GatewaySocket;
  if (connection) connection.isThere = true;
}

// ws answers a breach of its protocol by itself, with the code that says what it was.
function onError(): void {}

function onClose(this: WebSocket, code: number, reason: Buffer): void {
  (this as GatewaySocket).connection?.leave(code, String(reason));
}

/** What a connection comes in by. */
export interface Door {
  readonly protocol: ProtocolServer<Connection>;
  left(connection: Connection): void;
}

/** One client's connection, as graphql-ws speaks with it. */
export class Connection implements ProtocolSocket, Member, Doubter {
  /** Who was let in at connection_init. */
  viewer: Viewer | null = null;
  /** What graphql-ws knows of it, from connection_init on. */
  context: ProtocolContext | null = null;
  /** Whether the last ping was answered. */
  isThere = true;
  readonly #pingPlace: number;
  readonly #closed: (code: number, reason: string) => Promise<void>;
  #take: ((message: string) => Promise<void>) | null = null;

  constructor(
    private readonly app: App,
    private readonly door: Door,
    readonly socket: GatewaySocket,
    /** Of the upgrade request, which itself is not kept. */
    readonly facts: RequestFacts,
    /** The token of the upgrade request, until connection_init. */
    public headerToken: string | null,
  ) {
    socket.connection = this;
    socket.on('message', onMessage);
    socket.on('pong', onPong);
    socket.on('error', onError);
    socket.on('close', onClose);
    this.#pingPlace = pingAgain.join(this);
    this.#closed = door.protocol.opened(this, this);
  }

  get protocol(): string {
    return this.socket.protocol;
  }

  send(text: string): Promise<void> {
    return new Promise((resolve, reject) => this.socket.send(fill(text), (error) => (error ? reject(error) : resolve())));
  }

  close(code?: number, reason?: string): void {
    this.socket.close(code, reason);
  }

  onMessage(take: (message: string) => Promise<void>): void {
    this.#take = take;
  }

  take(bytes: RawData): void {
    this.#take?.(messageIn(bytes)).catch((error) => this.fail(error));
  }

  fail(error: Error): void {
    if (this.socket.readyState !== this.socket.OPEN) return;
    this.app.log.warn({ error }, 'socket message failed');
    this.socket.close(CloseCode.InternalServerError, 'Internal server error');
  }

  /** Terminates a connection that leaves a ping unanswered for a whole round. */
  takeTurn(): void {
    if (this.isThere) this.socket.ping();
    else this.socket.terminate();
    this.isThere = false;
  }

  /** From now on the connection is the viewer's, and closes as soon as her token is revoked or runs out. */
  letIn(viewer: Viewer): void {
    this.viewer = viewer;
    onDoubt(this.app, viewer, this);
    // It may have been revoked after it was accepted and before this listened.
    this.suspect();
  }

  suspect(): void {
    mayGoOn(this.app, this.viewer as Viewer).then(
      (may) => may || this.socket.close(CloseCode.Forbidden, 'Forbidden'),
      (error) => this.app.log.warn({ error }, 'a connection’s token could not be looked at'),
    );
  }

  /** Whether an answer is owed: graphql-ws keeps null for an operation that streams nothing. */
  get isAnswering(): boolean {
    return Object.values(this.context?.subscriptions ?? {}).includes(null as never);
  }

  /** The client has gone. */
  leave(code: number, reason: string): void {
    pingAgain.leave(this, this.#pingPlace);
    if (this.viewer) offDoubt(this.viewer, this);
    this.door.left(this);
    this.#closed(code, reason).catch((error) => this.fail(error));
  }
}
