import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { CaptchaWidget } from '../../app.ts';
import type { Branding } from '../../capabilities/branding/branding.ts';
import { filled, type Html, html } from '../../core/html.ts';
import type { Language } from '../../core/language.ts';
import { PASSKEY_SCRIPT } from './passkey-script.ts';
import { styleOf } from './style.ts';
import { WORDS } from './words.ts';

/** What every page is framed by. */
export interface Frame {
  readonly branding: Branding;
  readonly language: Language;
}

export interface Page {
  readonly title: string;
  readonly body: Html;
  readonly status?: number;
  /** Said first in the title, so that it is heard first. */
  readonly hasError?: boolean;
  /** Stands beside the body, where the page is one of several. */
  readonly menu?: Html;
  /** Addresses of images of the body. */
  readonly images?: readonly string[];
  /** Where else than here a form of this page may lead in the end: origins, or an app's own scheme. */
  readonly formTargets?: readonly string[];
  /** Whether the page offers passkeys, which need a script. */
  readonly usesPasskeys?: boolean;
  /** What the page shows to tell people from programs. */
  readonly captcha?: CaptchaWidget | undefined;
}

export interface Rendered {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** The path under which the stylesheet is served; it changes with every colour, so that browsers may keep it for ever. */
export const stylePath = (branding: Branding): string =>
  `/account/assets/${createHash('sha256').update(styleOf(branding.accentColor)).digest('hex').slice(0, 16)}/pages.css`;

const IMAGE_ORIGINS_MAX = 20;

const imageOrigins = (urls: readonly (string | null)[]): string[] =>
  [...new Set(urls.flatMap((url) => (url?.startsWith('https:') ? [new URL(url).origin] : [])))].slice(0, IMAGE_ORIGINS_MAX);

const policyOf = ({ logoUrl }: Branding, { formTargets = [], images = [], usesPasskeys = false, captcha }: Page): string => {
  const vendor = captcha ? [new URL(captcha.scriptUrl).origin] : [];
  const scripts = [...(usesPasskeys ? ["'self'"] : []), ...vendor].join(' ');
  return [
    "default-src 'none'",
    ...(scripts ? [`script-src ${scripts}`, `connect-src ${scripts}`] : []),
    ...(captcha ? [`frame-src ${vendor}`] : []),
    "style-src 'self'",
    ['img-src data:', ...imageOrigins([logoUrl, ...images])].join(' '),
    ["form-action 'self'", ...formTargets].join(' '),
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
};

const brandOf = ({ name, logoUrl, homeUrl }: Branding): Html => {
  const mark = logoUrl ? html`<img src="${logoUrl}" alt="${name}">` : html`<span>${name}</span>`;
  return homeUrl ? html`<a href="${homeUrl}">${mark}</a>` : mark;
};

const footerOf = ({ branding, language }: Frame): Html | null => {
  const words = WORDS[language];
  const links = [
    [words.privacy, branding.privacyPolicyUrl],
    [words.terms, branding.termsOfServiceUrl],
    [words.contact, branding.contactUrl],
  ].filter(([, url]) => url);
  return links.length === 0 ? null : html`<footer>${links.map(([label, url]) => html`<a href="${url}">${label}</a>`)}</footer>`;
};

/** A page of several: past the menu leads the first link. */
const withMenu = ({ branding, language }: Frame, menu: Html, body: Html): Html => html`<body class="account">
<a class="skip" href="#content">${WORDS[language].skip}</a>
<header class="brand">${brandOf(branding)}<a href="/account/logout">${WORDS[language].signOut}</a></header>
<div class="columns">${menu}<main id="content" tabindex="-1">${body}</main></div>`;

/** A page as it is sent: no script but that for passkeys, nothing from elsewhere but the shop's logo, framed by nobody, kept by no cache. */
export const render = (frame: Frame, page: Page): Rendered => {
  const { title, body, menu, status = 200, hasError = false, usesPasskeys = false, captcha } = page;
  const { branding, language } = frame;
  const wholeTitle = `${hasError ? `${WORDS[language].errorPrefix}: ` : ''}${title} · ${branding.name}`;
  const { text } = html`<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex">
<title>${wholeTitle}</title><link rel="icon" href="data:,"><link rel="stylesheet" href="${stylePath(branding)}">${usesPasskeys && html`<script defer src="${PASSKEY_SCRIPT}"></script>`}${captcha && html`<script async src="${captcha.scriptUrl}"></script>`}</head>
${
  menu
    ? withMenu(frame, menu, body)
    : html`<body><header class="brand">${brandOf(branding)}</header>
<main>${body}</main>`
}
${footerOf(frame)}</body></html>`;
  return {
    status,
    body: text,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-language': language,
      'cache-control': 'no-store',
      'content-security-policy': policyOf(branding, page),
      'cross-origin-opener-policy': 'same-origin',
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    },
  };
};

export const send = (response: ServerResponse, { status, headers, body }: Rendered): void => {
  response.writeHead(status, headers).end(body);
};

/** Sends a browser on with GET, whatever it came with. */
export const goTo = (response: ServerResponse, location: string): void => {
  response.writeHead(303, { location, 'cache-control': 'no-store' }).end();
};

/** The link back to the shop, where it has said where it is. */
export const backToShop = ({ branding, language }: Frame): Html | null =>
  branding.homeUrl
    ? html`<a class="button second" href="${branding.homeUrl}">${filled(WORDS[language].backToShop, { shop: branding.name })}</a>`
    : null;
