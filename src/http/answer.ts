import type { ServerResponse } from 'node:http';

/** Ends a response with JSON, or with text when the body is text. */
export const answer = (response: ServerResponse, status: number, body: object | string, headers: Record<string, string> = {}): void => {
  const isText = typeof body === 'string';
  response.writeHead(status, { 'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8', ...headers });
  response.end(isText ? body : JSON.stringify(body));
};
