import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** An HTTP answer; the body's bytes are the receive buffer's own, good until the next request on the connection. */
export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

const HEAD_END = '\r\n\r\n';
const CHUNK_END = '\r\n';

/** The bytes of a chunked body that starts there, or null while the last chunk is missing. */
const unchunked = (received: Buffer, start: number): Buffer | null => {
  const parts: Buffer[] = [];
  let at = start;
  for (;;) {
    const lineEnd = received.indexOf(CHUNK_END, at);
    if (lineEnd < 0) return null;
    const size = Number.parseInt(received.toString('latin1', at, lineEnd), 16);
    const from = lineEnd + CHUNK_END.length;
    if (received.length < from + size + CHUNK_END.length) return null;
    if (size === 0) return Buffer.concat(parts);
    parts.push(received.subarray(from, from + size));
    at = from + size + CHUNK_END.length;
  }
};

/** The answer that a buffer holds, or null while it is not whole. */
const parse = (received: Buffer): Answer | null => {
  const headEnd = received.indexOf(HEAD_END);
  if (headEnd < 0) return null;
  const head = received.toString('latin1', 0, headEnd);
  const status = Number(head.slice(9, 12));
  const start = headEnd + HEAD_END.length;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) {
    const end = start + Number(length);
    return received.length < end ? null : { status, body: received.subarray(start, end) };
  }
  const body = unchunked(received, start);
  return body && { status, body };
};

/**
 * One keep-alive connection that asks one thing at a time. Client and servers share the machine, so what the client spends is taken from
 * both and hides what they differ by: this costs a fraction of a whole HTTP client.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #host: string;
  #received: Buffer = Buffer.alloc(0);
  #waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | null = null;

  private constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#host = host;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', (error) => this.#waiting?.reject(error));
    socket.on('close', () => this.#waiting?.reject(new Error('the server closed the connection')));
  }

  static async open(origin: string): Promise<Connection> {
    const { hostname, port, host } = new URL(origin);
    const socket = connect({ host: hostname, port: Number(port) });
    await once(socket, 'connect');
    return new Connection(socket, host);
  }

  /** Sends JSON and waits for the whole answer. `headers` is lines that each end in CRLF. */
  post(path: string, headers: string, body: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      // A write to a socket that is gone says nothing to anybody.
      if (this.#socket.destroyed) return reject(new Error('the server closed the connection'));
      this.#received = Buffer.alloc(0);
      this.#waiting = { resolve, reject };
      this.#socket.write(
        `POST ${path} HTTP/1.1\r\nhost: ${this.#host}\r\ncontent-type: application/json\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
    });
  }

  close(): void {
    this.#waiting = null;
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const answer = parse(this.#received);
    if (!answer) return;
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.resolve(answer);
  }
}
