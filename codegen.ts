import type { CodegenConfig } from '@graphql-codegen/cli';

/** Types the operations of tests and examples from schema.graphql. */
const config: CodegenConfig = {
  schema: 'schema.graphql',
  documents: ['test/e2e/**/*.graphql', 'examples/**/*.graphql'],
  generates: {
    'test/support/operations.ts': {
      plugins: ['typescript-operations', 'typed-document-node'],
      config: {
        useTypeImports: true,
        enumsAsTypes: true,
        scalars: { DateTime: 'string', Date: 'string', Decimal: 'string', UnsignedInt64: 'string', URL: 'string' },
      },
    },
  },
};

export default config;
