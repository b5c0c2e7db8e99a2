import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../../src/config.ts';

const services = { DATABASE_URL: 'postgres://user:pw@db:5432/shop', REDIS_URL: 'redis://cache:6379' };
const production = { NODE_ENV: 'production', SECRET_KEYS: 'k'.repeat(32), SMTP_URL: 'smtp://mail:587', PUBLIC_URL: 'https://id.shop.example/' };

describe('readConfig', () => {
  it('needs nothing on a fresh machine', () => {
    expect(readConfig({})).toMatchObject({
      backend: { mode: 'embedded', dataDir: '.clientele' },
      port: 4000,
      host: '127.0.0.1',
      sampleShop: true,
      isProduction: false,
    });
  });

  it('takes services when both are given, and loads no sample shop into them', () => {
    expect(readConfig(services)).toMatchObject({ backend: { mode: 'service', poolSize: 10 }, host: undefined, sampleShop: false });
  });

  it('treats empty values as absent, as compose files write them', () => {
    expect(readConfig({ DATABASE_URL: '', REDIS_URL: '', ADMIN_TOKEN: '', PORT: '' })).toMatchObject({ port: 4000, adminToken: undefined });
  });

  it('reads keys in order and cuts the slash off the public address', () => {
    const config = readConfig({ ...production, ...services, SECRET_KEYS: `${'a'.repeat(32)} , ${'b'.repeat(32)}` });
    expect(config.secretKeys).toEqual(['a'.repeat(32), 'b'.repeat(32)]);
    expect(config.publicUrl).toBe('https://id.shop.example');
  });

  it.each([
    ['one service without the other', { DATABASE_URL: services.DATABASE_URL }, /DATABASE_URL and REDIS_URL go together/],
    ['production without keys', { ...production, SECRET_KEYS: undefined }, /SECRET_KEYS/],
    ['production without mail', { ...production, SMTP_URL: undefined }, /SMTP_URL/],
    ['a short key', { SECRET_KEYS: 'short' }, /SECRET_KEYS needs keys of at least 32/],
    ['a short staff token', { ADMIN_TOKEN: 'admin' }, /ADMIN_TOKEN needs at least 16/],
    ['a port that is none', { PORT: '99999' }, /PORT/],
    ['a database of another kind', { ...services, DATABASE_URL: 'mysql://db/shop' }, /DATABASE_URL is not a URL that starts with postgres/],
  ])('refuses %s and says so', (_what, environment, message) => {
    expect(() => readConfig(environment)).toThrow(ConfigError);
    expect(() => readConfig(environment)).toThrow(message);
  });
});
