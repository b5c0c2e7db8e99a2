import type { IncomingMessage } from 'node:http';
import type { App } from '../../app.ts';
import { brandingOf } from '../../capabilities/branding/branding.ts';
import { filled, html } from '../../core/html.ts';
import { backToShop, type Frame, type Rendered, render } from './page.ts';
import { preferredLanguage, WORDS } from './words.ts';

/** The frame of a page that belongs to no sign-in. */
export const plainFrame = async (app: App, { url, headers }: IncomingMessage): Promise<Frame> => {
  const { searchParams } = new URL(url ?? '/', app.publicUrl);
  return {
    branding: await brandingOf(app.backend.database.sql, app.shopName),
    language: preferredLanguage(searchParams.get('ui_locales'), searchParams.get('locale'), headers['accept-language']),
  };
};

/** A client asked for what it may not; what exactly is for its makers. */
export const refusedPage = async (app: App, request: IncomingMessage, detail: string, status = 400): Promise<Rendered> => {
  const frame = await plainFrame(app, request);
  const words = WORDS[frame.language];
  return render(frame, {
    title: words.refusedTitle,
    status,
    hasError: true,
    body: html`<h1>${words.refusedTitle}</h1>
<p>${filled(words.refusedIntro, { shop: frame.branding.name })}</p>
<p class="small">${filled(words.refusedDetail, { detail })}</p>${backToShop(frame)}`,
  });
};

/** A sign-in that was left too long, or of another browser. */
export const expiredPage = (frame: Frame): Rendered => {
  const words = WORDS[frame.language];
  return render(frame, {
    title: words.expiredTitle,
    status: 400,
    hasError: true,
    body: html`<h1>${words.expiredTitle}</h1><p>${words.expiredIntro}</p>${backToShop(frame)}`,
  });
};

/** A fault of ours. The request's number stands in the log. */
export const faultPage = (frame: Frame, requestId: string): Rendered => {
  const words = WORDS[frame.language];
  return render(frame, {
    title: words.faultTitle,
    status: 500,
    hasError: true,
    body: html`<h1>${words.faultTitle}</h1>
<p>${words.faultIntro}</p><p class="small">${filled(words.faultDetail, { id: requestId })}</p>${backToShop(frame)}`,
  });
};

export const notFoundPage = (frame: Frame): Rendered => {
  const words = WORDS[frame.language];
  return render(frame, {
    title: words.notFoundTitle,
    status: 404,
    body: html`<h1>${words.notFoundTitle}</h1><p>${words.notFoundIntro}</p>${backToShop(frame)}`,
  });
};
