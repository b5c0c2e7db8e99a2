import { type Config, ConfigError, readConfig } from './config.ts';
import { type Started, start } from './start.ts';

/** What a restart and a crash mean for what was written. */
const promiseOf = ({ backend }: Config): string[] => {
  if (backend.mode === 'service') return [];
  if (backend.dataDir === 'memory') return ['  Kept in memory: everything is gone when this process ends.', ''];
  return [
    `  Kept in ${backend.dataDir}: one process, one machine. What was answered survives a crash of the process.`,
    '  Against power failure, and for more than one process, give DATABASE_URL and REDIS_URL.',
    '',
  ];
};

/** What the operator sees first: where things are, and what to try. */
const banner = (config: Config, { url, madeAdminToken, hasSampleCustomer }: Started): string => {
  const lines = [
    '',
    `  Clientele serves at ${url}`,
    '',
    `    GraphiQL      ${url}/graphql`,
    ...(config.smtpUrl ? [] : [`    Inbox         ${url}/dev/inbox`]),
    ...(madeAdminToken ? [`    Staff token   ${madeAdminToken}`] : []),
    '',
    ...(hasSampleCustomer
      ? [
          '  Try first: open GraphiQL in two windows. Run LiveBalance in one and SpendCredit in the other,',
          '  and see the balance change. SignIn signs a customer of the sample shop in; her mail is in the inbox.',
          '',
        ]
      : []),
    ...promiseOf(config),
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
  if (!config.isProduction) console.log(banner(config, started));
  else started.app.log.info({ url: started.url, mode: started.app.backend.mode }, 'serving');
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof ConfigError) console.error(`Clientele cannot start:\n${message}\nThe README lists every setting.`);
  else if (code === 'EADDRINUSE') console.error('Clientele cannot start: the port is in use. Give another one: PORT=4001 npm start');
  else console.error(error);
  process.exit(1);
}
