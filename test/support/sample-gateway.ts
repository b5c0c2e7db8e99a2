import { pino } from 'pino';
import { type App, createApp } from '../../src/app.ts';
import { developmentInbox } from '../../src/capabilities/mail/deliver.ts';
import { loadSampleShop, openSampleSession } from '../../src/capabilities/transfer/sample-shop.ts';
import { SCOPES } from '../../src/core/scopes.ts';
import { mintToken, tokenHash } from '../../src/core/secret.ts';
import { createServer } from '../../src/http/server.ts';
import { type backends, TEST_SECRET } from './backends.ts';

/** An app on an empty database of its own, whose mail lands in the development inbox. */
export const openEmptyApp = async (kind: (typeof backends)[number], clock?: () => Date): Promise<{ app: App; close(): Promise<void> }> => {
  const backend = await kind.open();
  const app = createApp(backend, {
    secretKeys: [TEST_SECRET],
    publicUrl: 'http://localhost:4000',
    shopName: 'Sample Shop',
    mail: developmentInbox(backend.database),
    log: pino({ level: 'silent' }),
    ...(clock ? { clock } : {}),
  });
  return {
    app,
    close: async () => {
      await app.close();
      await backend.close();
    },
  };
};

/** What someone has in front of them after the first start: the sample shop, GraphiQL and the inbox. */
export interface SampleGateway {
  readonly app: App;
  readonly url: string;
  readonly staffToken: string;
  stop(): Promise<void>;
}

export const startSampleGateway = async (kind: (typeof backends)[number]): Promise<SampleGateway> => {
  const { app, close } = await openEmptyApp(kind);
  await loadSampleShop(app);
  const staffToken = mintToken('staff');
  await app.backend.database.prisma.staffToken.create({
    data: { name: 'test', tokenHash: new Uint8Array(tokenHash(staffToken)), hint: staffToken.slice(-4), scopes: [...SCOPES] },
  });
  const gateway = createServer(app, {
    isProduction: false,
    allowedOrigins: [],
    trustedProxyHops: 0,
    graphiqlTokens: { staff: staffToken, customer: () => openSampleSession(app) },
    showInbox: true,
  });
  const url = `http://127.0.0.1:${await gateway.listen(0, '127.0.0.1')}`;
  return {
    app,
    url,
    staffToken,
    stop: async () => {
      await gateway.close();
      await close();
    },
  };
};
