import type { ExecutionArgs, ExecutionResult } from 'graphql';
import { JsonText } from './json-text.ts';
import type { KnownDocuments } from './known.ts';
import { answerCompiled } from './operation.ts';

type Execute = (args: ExecutionArgs) => unknown;

/** What Yoga adds to the context of an operation. */
interface Sent {
  readonly params?: { readonly query?: unknown };
}

/** Executes by a plan of the document where there is one, and notes that there is; else as ever. */
export const compiledFirst =
  (execute: Execute, known: KnownDocuments) =>
  async (args: ExecutionArgs): Promise<ExecutionResult> => {
    const text = await answerCompiled(args);
    if (text === null) return (await execute(args)) as ExecutionResult;
    const query = (args.contextValue as Sent).params?.query;
    if (typeof query === 'string') known.note(query, args.document);
    return { data: new JsonText(text) as never };
  };
