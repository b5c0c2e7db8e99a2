import { answer } from './answer.ts';
import type { Handle } from './routes.ts';

const SHOWN_MAX = 100;

interface Kept {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly code?: string;
  readonly link?: string;
  readonly at: string;
}

/** The development inbox: mail that was kept instead of sent, newest first; a page for people, JSON for scripts. */
export const inbox: Handle = async (request, response, { app, showInbox }) => {
  if (!showInbox) return answer(response, 404, { errors: [{ message: 'Mail is sent, not kept: there is no development inbox.' }] });
  const rows = await app.backend.database.read.developmentMail.findMany({ orderBy: { id: 'desc' }, take: SHOWN_MAX });
  const mails = rows.map(
    ({ to, subject, text, html, code, link, at }): Kept => ({
      to,
      subject,
      text,
      html,
      ...(code ? { code } : {}),
      ...(link ? { link } : {}),
      at: at.toISOString(),
    }),
  );
  if (!wantsPage(request.headers.accept)) return answer(response, 200, mails, { 'cache-control': 'no-store' });
  answer(response, 200, page(mails), {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy':
      "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  });
};

/** A browser names HTML; curl and scripts that name nothing, or JSON, get JSON. */
const wantsPage = (accept: string | undefined): boolean => Boolean(accept?.includes('text/html'));

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const STYLE = `
:root{color-scheme:light dark;--ground:#f6f6f4;--card:#fff;--ink:#1c1c1a;--soft:#6b6b66;--line:#e3e3de}
@media(prefers-color-scheme:dark){:root{--ground:#171716;--card:#222220;--ink:#ededea;--soft:#a0a09a;--line:#363633}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:680px;margin:0 auto;padding:32px 16px}
h1{font-size:22px;margin:0 0 4px}
p.soft,time{color:var(--soft);font-size:14px;margin:0}
article{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:16px;margin:16px 0;overflow-wrap:anywhere}
article h2{font-size:16px;margin:4px 0}
.code{font:600 28px/1.3 ui-monospace,monospace;letter-spacing:4px;margin:8px 0;user-select:all}
details summary{cursor:pointer;color:var(--soft);font-size:14px}
iframe{width:100%;height:380px;border:1px solid var(--line);border-radius:8px;margin-top:8px;background:#fff}`;

const page = (mails: readonly Kept[]): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Development inbox</title><style>${STYLE}</style></head><body><main>
<h1>Development inbox</h1>
<p class="soft">Mail that would have been sent. Reload to see more.</p>
${mails.length === 0 ? '<article><p class="soft">Nothing yet: ask for a code with signInCodeRequest.</p></article>' : mails.map(article).join('\n')}
</main></body></html>`;

const article = ({ to, subject, html, code, at }: Kept): string => `<article>
<time datetime="${at}">${at.replace('T', ' ').slice(0, 19)} UTC</time>
<h2>${escapeHtml(subject)}</h2><p class="soft">to ${escapeHtml(to)}</p>
${code ? `<p class="code">${escapeHtml(code)}</p>` : ''}
<details><summary>The whole mail</summary><iframe sandbox srcdoc="${escapeHtml(html)}" title="${escapeHtml(subject)}"></iframe></details>
</article>`;
