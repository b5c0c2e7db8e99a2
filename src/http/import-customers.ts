import type { Handle } from './routes.ts';

export const importCustomers: Handle = async (_request, response) => {
  response.writeHead(501).end();
};
