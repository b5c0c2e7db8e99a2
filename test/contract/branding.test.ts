import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brandingOf, type KeptBranding } from '../../src/capabilities/branding/branding.ts';
import { updateBranding } from '../../src/capabilities/branding/update.ts';
import { backends, openTestApp, type TestApp } from '../support/backends.ts';

describe.each(backends)('branding on $name', (kind) => {
  let test: TestApp;
  beforeAll(async () => {
    test = await openTestApp(kind);
  });
  const update = (input: KeptBranding) => test.app.transact('system', (tx) => updateBranding(tx, input));
  const now = () => brandingOf(test.app.backend.database.sql, 'The shop');
  afterAll(() =>
    update({ name: null, logoUrl: null, accentColor: null, homeUrl: null, privacyPolicyUrl: null, termsOfServiceUrl: null, contactUrl: null }),
  );

  it('keeps what it was told, changes what is named, and goes back to the defaults', async () => {
    await update({ name: 'Nordlys', accentColor: '#A0B1C2', homeUrl: 'https://nordlys.example', contactUrl: 'mailto:hej@nordlys.example' });
    await update({ privacyPolicyUrl: 'https://nordlys.example/privacy', homeUrl: null });
    expect(await now()).toEqual({
      name: 'Nordlys',
      logoUrl: null,
      accentColor: '#a0b1c2',
      homeUrl: null,
      privacyPolicyUrl: 'https://nordlys.example/privacy',
      termsOfServiceUrl: null,
      contactUrl: 'mailto:hej@nordlys.example',
    });
    await update({ name: '', accentColor: null });
    expect(await now()).toMatchObject({ name: 'The shop', accentColor: expect.stringMatching(/^#[\da-f]{6}$/) });
  });

  it.each([
    ['a colour that is a rule', { accentColor: 'red;}body{display:none' }, 'INVALID'],
    ['a link that runs', { homeUrl: 'javascript:alert(1)' }, 'INVALID'],
    ['a logo over http', { logoUrl: 'http://shop.example/logo.png' }, 'INVALID'],
    ['a logo that is a page', { logoUrl: 'data:text/html;base64,PGI+' }, 'INVALID'],
    ['a logo that is too large', { logoUrl: `data:image/png;base64,${'A'.repeat(100_001)}` }, 'TOO_LONG'],
    ['a name with markup', { name: '<b>Shop</b>' }, 'CONTAINS_HTML_TAGS'],
  ])('refuses %s', async (_what, input, code) => {
    await expect(update(input)).rejects.toMatchObject({ code });
  });
});
