export interface Told {
  readonly status: number;
  readonly headers: Headers;
  readonly body: { data?: object | null; errors?: { message: string; extensions?: Record<string, unknown> }[] };
}

/** Sends a request as it stands and reads the whole answer. */
export const send = async (url: string, init: RequestInit): Promise<Told> => {
  const response = await fetch(url, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text.startsWith('{') ? JSON.parse(text) : {} };
};
