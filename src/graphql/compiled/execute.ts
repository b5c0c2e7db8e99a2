import type { ExecutionArgs, ExecutionResult } from 'graphql';
import { JsonText } from './json-text.ts';
import { answerCompiled } from './operation.ts';

type Execute = (args: ExecutionArgs) => unknown;

/** Executes by a plan of the document where there is one, else as ever. */
export const compiledFirst =
  (execute: Execute) =>
  async (args: ExecutionArgs): Promise<ExecutionResult> => {
    const text = await answerCompiled(args);
    return text === null ? ((await execute(args)) as ExecutionResult) : { data: new JsonText(text) as never };
  };
