import type { GraphiQLOptions } from 'graphql-yoga';
import type { App } from '../app.ts';

export const graphiqlTabs =
  (_app: App, _tokens?: { staff: string | null; customer: string | null }) =>
  async (_request: Request): Promise<GraphiQLOptions> => ({ title: 'Clientele', subscriptionsProtocol: 'WS' });
