// Prints the schema as clients see it: `npm run schema`. A test compares schema.graphql with the code.
import { writeFileSync } from 'node:fs';
import { printSchema } from 'graphql';
import { sortedSchema } from '../../src/graphql/schema.ts';

writeFileSync('schema.graphql', `${printSchema(sortedSchema())}\n`);
