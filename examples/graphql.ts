/** Where the gateway is. */
export const url = process.env.CLIENTELE_URL ?? 'http://localhost:4000';

/** Sends one operation and answers with its root field. What the gateway refuses becomes an error with the gateway's own words. */
export const graphql = async <Answer>(query: string, variables: object = {}, token?: string): Promise<Answer> => {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify({ query, variables }),
  }).catch(() => {
    throw new Error(`No gateway answers at ${url}. Start one with "npm start", or say where it is with CLIENTELE_URL.`);
  });
  const { data, errors } = (await response.json()) as { data?: Record<string, Answer>; errors?: { message: string }[] };
  const answer = Object.values(data ?? {})[0] as Answer & { userErrors?: { message: string }[] };
  const [refusal] = errors ?? answer.userErrors ?? [];
  if (refusal) throw new Error(refusal.message);
  return answer;
};

// An example that fails says why in a line.
process.on('uncaughtException', ({ message }) => {
  console.error(message);
  process.exit(1);
});
