import type { ExecutionArgs, ExecutionResult } from 'graphql';
import { JsonText } from './json-text.ts';
import type { KnownDocuments } from './known.ts';
import { answerCompiled } from './operation.ts';

type Execute = (args: ExecutionArgs) => unknown;

/** What the front and Yoga add to the context of an operation. */
interface Sent {
  readonly params?: { readonly query?: unknown };
  /** The plan was tried before Yoga was asked, and would give up again. */
  readonly hasGivenUp?: boolean;
}

/** Executes by a plan of the document where there is one, and notes that there is; else as ever. */
export const compiledFirst =
  (execute: Execute, known: KnownDocuments) =>
  async (args: ExecutionArgs): Promise<ExecutionResult> => {
    const { params, hasGivenUp } = args.contextValue as Sent;
    const text = hasGivenUp ? null : await answerCompiled(args);
    if (text === null) return (await execute(args)) as ExecutionResult;
    const query = params?.query;
    if (typeof query === 'string') known.note(query, args.document);
    return { data: new JsonText(text) as never };
  };
