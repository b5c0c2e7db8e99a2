import { ConfigError, readConfig } from './config.ts';
import { type Started, start } from './start.ts';

/** What the operator sees first: where things are, and what to try. */
const banner = ({ url, madeAdminToken, sampleToken, app }: Started): string => {
  const isEmbedded = app.backend.mode === 'embedded';
  const lines = [
    '',
    `  Clientele serves at ${url}`,
    '',
    `    GraphiQL      ${url}/graphql`,
    `    Inbox         ${url}/dev/inbox`,
    ...(madeAdminToken ? [`    Staff token   ${madeAdminToken}`] : []),
    '',
    ...(sampleToken
      ? [
          '  Try first: open GraphiQL. Its tabs sign a customer in, issue and spend credit, and',
          '  show the balance live: open the tab “Live balance”, then spend in another window.',
          '',
        ]
      : []),
    ...(isEmbedded
      ? [
          '  Embedded mode: one process, one machine. An answered write survives a crash of the process;',
          '  against power failure, and for more than one process, use DATABASE_URL and REDIS_URL.',
          '',
        ]
      : []),
  ];
  return lines.join('\n');
};

/** Finishes what is under way on SIGTERM and SIGINT; a second signal does not wait. */
const stopOnSignals = ({ stop }: Started): void => {
  let isStopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isStopping) process.exit(1);
      isStopping = true;
      stop().then(
        () => process.exit(0),
        (error) => {
          console.error(error);
          process.exit(1);
        },
      );
    });
  }
};

try {
  const config = readConfig(process.env);
  const started = await start(config);
  stopOnSignals(started);
  if (!config.isProduction) console.log(banner(started));
  else started.app.log.info({ url: started.url, mode: started.app.backend.mode }, 'serving');
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof ConfigError) console.error(`Clientele cannot start:\n${message}\nThe README lists every setting.`);
  else if (code === 'EADDRINUSE') console.error('Clientele cannot start: the port is in use. Give another one: PORT=4001 npm start');
  else console.error(error);
  process.exit(1);
}
