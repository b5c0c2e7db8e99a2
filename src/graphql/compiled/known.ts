import type { DocumentNode } from 'graphql';

const DOCUMENTS_MAX = 500;
const CHARACTERS_MAX = 20_000;

/** Documents that were parsed, validated and answered by a plan, by their text: sent again they are good again, as the schema never changes. */
export interface KnownDocuments {
  note(text: string, document: DocumentNode): void;
  find(text: string): DocumentNode | undefined;
}

export const createKnownDocuments = (): KnownDocuments => {
  const documents = new Map<string, DocumentNode>();
  return {
    note: (text, document) => {
      if (text.length > CHARACTERS_MAX || documents.has(text)) return;
      if (documents.size >= DOCUMENTS_MAX) documents.delete(documents.keys().next().value as string);
      documents.set(text, document);
    },
    find: (text) => documents.get(text),
  };
};
