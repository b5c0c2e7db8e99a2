// PostGraphile with its own preset for new projects, over the gateway's tables and one computed column.
import { createServer } from 'node:http';
import { postgraphile } from 'postgraphile';
import { makePgService } from 'postgraphile/adaptors/pg';
import { grafserv } from 'postgraphile/grafserv/node';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import { pgSmartTags } from 'postgraphile/utils';

// It takes a function and a table of one name for the same thing.
const renamed = pgSmartTags([{ kind: 'procedure', match: 'public.store_credit_hold', tags: { name: 'store_credit_hold_function' } }]);

const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  plugins: [renamed],
  pgServices: [makePgService({ connectionString: process.env.DATABASE_URL, schemas: ['public', 'bench_peers'] })],
  grafserv: { graphqlPath: '/graphql', graphiql: false, websockets: false, watch: false },
  grafast: { explain: false },
});

const server = createServer();
await instance.createServ(grafserv).addTo(server);
server.listen(Number(process.env.PORT), '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
