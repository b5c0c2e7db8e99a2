import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Handle } from '../routes.ts';

/** Changes with what the script does, so that browsers may keep it for ever. */
const VERSION = '1';

export const PASSKEY_SCRIPT = `/account/assets/passkeys-${VERSION}.js`;

/*
 * A button with data-passkey is shown where the browser knows passkeys. Pressed, it asks its data-options for what the browser needs,
 * puts what the browser answers into the form's field `response`, and sends the form.
 */
const GLUE = `
(() => {
  const ceremonies = { 'sign-in': SimpleWebAuthnBrowser.startAuthentication, register: SimpleWebAuthnBrowser.startRegistration };
  if (!SimpleWebAuthnBrowser.browserSupportsWebAuthn()) return;
  for (const button of document.querySelectorAll('button[data-passkey]')) {
    button.closest('[hidden]')?.removeAttribute('hidden');
    button.addEventListener('click', async (event) => {
      const form = button.form;
      if (form.elements.response.value) return;
      event.preventDefault();
      if (!form.reportValidity()) return;
      button.disabled = true;
      try {
        const answer = await fetch(button.dataset.options, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' } });
        if (answer.redirected) return void location.assign(answer.url);
        const optionsJSON = await answer.json();
        form.elements.response.value = JSON.stringify(await ceremonies[button.dataset.passkey]({ optionsJSON }));
        form.submit();
      } catch {
        // Called off by the visitor, or nothing fitting on this device: everything stays as it is.
        button.disabled = false;
      }
    });
  }
})();
`;

let script: Promise<string> | undefined;

const load = async (): Promise<string> => {
  const entry = createRequire(import.meta.url).resolve('@simplewebauthn/browser');
  const bundle = path.join(entry.slice(0, entry.lastIndexOf(`${path.sep}browser${path.sep}`)), 'browser/dist/bundle/index.umd.min.js');
  return (await readFile(bundle, 'utf8')) + GLUE;
};

/** The script of pages that offer passkeys. */
export const passkeyScript: Handle = async (_request, response) => {
  script ??= load();
  response.writeHead(200, {
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'public, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
  });
  response.end(await script);
};
