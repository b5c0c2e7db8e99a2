import { expect } from 'vitest';
import type { TestGateway } from './gateway.ts';

/** What a browser without scripts has before it. */
export interface Shown {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** A browser without scripts: keeps cookies by path, follows redirects, posts the forms that it is shown. */
export interface Visitor {
  open(url: string): Promise<Shown>;
  /** Posts a form of the page, its hidden fields included; `which` is part of its action. */
  post(page: Shown, fields: Record<string, string>, which?: string, stepsMax?: number): Promise<Shown>;
  /** The same browser, to do from here what it also could have done. */
  twin(): Visitor;
}

interface Cookie {
  readonly value: string;
  readonly path: string;
}

const STEPS_MAX = 10;

const decoded = (text: string): string => text.replace(/&#(\d+);/g, (_whole, code: string) => String.fromCharCode(Number(code)));

const attribute = (tag: string, name: string): string | undefined => {
  const found = new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1];
  return found === undefined ? undefined : decoded(found);
};

export const createVisitor = (test: TestGateway, kept: Iterable<[string, Cookie]> = []): Visitor => {
  const jar = new Map<string, Cookie>(kept);
  const { origin } = new URL(test.url);

  const keep = (headers: Headers): void => {
    for (const line of headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(/;\s*/);
      const [name = '', value = ''] = pair.split(/=(.*)/s);
      const path = attributes.find((part) => /^path=/i.test(part))?.slice(5) ?? '/';
      const isGone = attributes.some((part) => /^max-age=0$/i.test(part) || /^expires=Thu, 01 Jan 1970/i.test(part));
      if (isGone) jar.delete(`${name}@${path}`);
      else jar.set(`${name}@${path}`, { value, path });
    }
  };

  const request = async (url: string, init: RequestInit, stepsMax = STEPS_MAX): Promise<Shown> => {
    let at = url;
    let how = init;
    for (let steps = 1; steps <= STEPS_MAX; steps += 1) {
      const { pathname } = new URL(at);
      const sent = [...jar].filter(([, { path }]) => path === '/' || pathname === path || pathname.startsWith(`${path}/`));
      const cookie = sent.map(([name, { value }]) => `${name.split('@')[0]}=${value}`).join('; ');
      const headers = { accept: 'text/html', ...(how.headers as Record<string, string>), ...(cookie ? { cookie } : {}) };
      const response = await fetch(at, { ...how, headers, redirect: 'manual' });
      keep(response.headers);
      const location = response.headers.get('location');
      const text = await response.text();
      if (!location || steps === stepsMax) return { url: at, status: response.status, headers: response.headers, text };
      at = new URL(location, at).href;
      // It leaves the gateway: what would be shown is somebody else's.
      if (new URL(at).origin !== origin) return { url: at, status: response.status, headers: response.headers, text: '' };
      how = {};
    }
    throw new Error(`More than ${STEPS_MAX} redirects from ${url}`);
  };

  return {
    open: (url) => request(url, {}),
    twin: () => createVisitor(test, jar),
    post: (page, fields, which = '', stepsMax = STEPS_MAX) => {
      const form = [...page.text.matchAll(/<form method="post" action="([^"]*)">(.*?)<\/form>/gs)].find(([, action]) => action?.includes(which));
      if (!form) throw new Error(`There is no form on ${page.url}: ${page.text.slice(0, 2_000)}`);
      const body = new URLSearchParams();
      for (const [tag] of (form[2] ?? '').matchAll(/<input[^>]*>/gs)) {
        const name = attribute(tag, 'name');
        const isLeftOut = /type="checkbox"/.test(tag) && !/\schecked\b/.test(tag);
        if (name && !isLeftOut) body.set(name, attribute(tag, 'value') ?? '');
      }
      for (const [name, value] of Object.entries(fields)) body.set(name, value);
      return request(
        new URL(decoded(form[1] ?? ''), page.url).href,
        { method: 'POST', body, headers: { 'sec-fetch-site': 'same-origin' } },
        stepsMax,
      );
    },
  };
};

/** The newest code that was mailed to an address. */
export const mailedCode = async ({ mails }: TestGateway, email: string, before = 0): Promise<string> => {
  const theirs = () => mails.filter(({ to }) => to === email);
  await expect.poll(() => theirs().length, { timeout: 20_000 }).toBeGreaterThan(before);
  return theirs().at(-1)?.code ?? '';
};

/** Signs in on the page that is shown, and answers with where that leads. */
export const signInOn = async (test: TestGateway, visitor: Visitor, page: Shown, email: string): Promise<Shown> => {
  const before = test.mails.filter(({ to }) => to === email).length;
  const asked = await visitor.post(page, { email });
  expect(asked.url).toMatch(/\/code$/);
  return visitor.post(asked, { code: await mailedCode(test, email, before) }, '/code');
};
