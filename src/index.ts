export { type App, type AppOptions, type Captcha, type CaptchaWidget, createApp } from './app.ts';
export type { Backend } from './backend/backend.ts';
export { embedded } from './backend/embedded.ts';
export { service } from './backend/service.ts';
export type { SmsSender } from './capabilities/mail/sms.ts';
export { type Config, ConfigError, readConfig } from './config.ts';
export { createServer, type Gateway, type ServerOptions } from './http/server.ts';
