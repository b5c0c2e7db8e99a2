import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Interaction, InteractionResults } from 'oidc-provider';
import type { App } from '../../app.ts';
import { asPublic, providerOf } from './provider.ts';

/** A sign-in that a client has sent this browser for. */
export interface Asked {
  readonly uid: string;
  readonly prompt: string;
  readonly clientId: string;
  readonly clientName: string;
  /** Where the browser goes on when this is answered already, as by a button that was pressed twice; null until then. */
  readonly goesOn: string | null;
  /** Where the client's answers go: what a form of the page may lead to. */
  readonly formTargets: readonly string[];
  /** What the client asks for, and how. */
  readonly parameters: Readonly<Record<string, string | undefined>>;
  /** Scopes that the customer has not granted yet. */
  readonly missingScopes: readonly string[];
  /** Writes down what came of it, and answers with where the browser goes on. */
  finish(result: InteractionResults): Promise<string>;
}

const targetOf = (uri: string): string => {
  const { protocol, origin } = new URL(uri);
  return protocol === 'https:' || protocol === 'http:' ? origin : protocol;
};

const finish = async (interaction: Interaction, result: InteractionResults): Promise<string> => {
  const isError = 'error' in result;
  Object.assign(interaction, {
    result: isError ? result : { ...interaction.lastSubmission, ...result },
    // The browser may be signed in under another session now than when it came; it is known by its cookies.
    session: undefined,
  });
  await interaction.save(Math.max(1, interaction.exp - Math.floor(Date.now() / 1000)));
  return interaction.returnTo;
};

/** The sign-in of that name, when this browser was sent for it and has not left it too long; else null. */
export const askedOf = async (app: App, request: IncomingMessage, response: ServerResponse, uid: string): Promise<Asked | null> => {
  const provider = await providerOf(app);
  asPublic(app, request);
  let interaction: Interaction;
  try {
    interaction = await provider.interactionDetails(request, response);
  } catch (error) {
    if ((error as Error).name === 'SessionNotFound') return null;
    throw error;
  }
  if (interaction.uid !== uid) return null;
  const parameters = interaction.params as Record<string, string | undefined>;
  const client = await provider.Client.find(parameters.client_id ?? '');
  if (!client) return null;
  const { origins = [] } = client as { origins?: readonly string[] };
  const { missingOIDCScope } = interaction.prompt.details as { missingOIDCScope?: string[] };
  return {
    uid,
    prompt: interaction.prompt.name,
    clientId: client.clientId,
    clientName: client.clientName ?? '',
    goesOn: interaction.result ? interaction.returnTo : null,
    formTargets: [...new Set([targetOf(parameters.redirect_uri ?? ''), ...origins])],
    parameters,
    missingScopes: missingOIDCScope ?? [],
    finish: (result) => finish(interaction, result),
  };
};
